// Package harness reproduces gateway failures on a real nginx and proves their
// fixes. A [Scenario] says as a value what fails, how that shows and what mends
// it; [Run] plays it in a pod, [Judge] decides, [RunAll] does so for a whole
// catalogue in parallel.
//
//	Scenario (value) ----------------------------------------------+
//	   |                                                           |
//	   v                                                           v
//	  Run  --->  pod: nginx, backends, faults  --->  Record  --->  Judge  --->  Verdict
//	   |                                            (plain data)   (pure)          |
//	   |                                                 |                         |
//	   +---> Event (as it happens)                       +---> record.json         v
//	            |                                        (judged again        Summary of RunAll
//	            v                                         without nginx)           |
//	   terminal, drill page                                                        v
//	                                                                   reports, exit code
//
// A run has three phases, each a [Step] of the record:
//
//	healthy   the probe is answered 200, n times in a row, for every method
//	broken    a configuration is deployed, faults are injected, or both; the
//	          symptom must show, exactly: outcome per method, error-log lines
//	fixed     the remedy is applied; 200 n times in a row, and the log is clean
//
// # Words
//
// A symptom is what client and error log show. A signature is the portable
// identity of an error-log line (package nginx). A fault is something injected
// (package pod); its window is the time it was on, with what it touched. An
// attempt is one request that reached a backend: each client request carries
// an id, so that a retry is seen and not guessed. A record is everything one
// run observed; a verdict is a pure function of scenario and record.
//
// # Decisions
//
//   - A symptom that does not appear is a failure, and so is a fault that
//     touched nothing. A catalogue that passes when nothing breaks is worse than none.
//   - The judge demands on every run, unasked: no undeclared [alert], [emerg]
//     or [crit], no worker killed by a signal, no upstream line without a
//     signature, none but declared upstream errors, no work done twice, no
//     retry that hid a failure, no 200 that no backend gave.
//   - Nothing sleeps. nginx writes an error-log line before it answers the
//     request, so the log is read by byte offset at the end of each step; only a
//     line that is still due (a client that gave up before nginx did) is followed.
//     An access-log line is written after the answer and is followed by number.
//   - nginx is stopped gracefully before the last lines are read: what it says
//     at its end (open sockets) counts.
//   - The faults stay on during the fix unless Fix.Lift ends them, so a
//     configuration that mends something mends it under the fault.
//   - A change that must lose no request ([Change]: a reload, a restart) is made
//     while answers are held back, so that it always meets requests under way;
//     others are made before it is over. Load that merely goes on meanwhile
//     would meet it by chance.
//   - A scenario without its break, or without its fix, must fail
//     ([Options.Without]): so the scenarios themselves are tested.
//
// # Alternatives considered
//
//   - Scenarios with code (a function per phase): more can be said, but then
//     nobody can list, document or judge again without running them.
//   - Judging while running: shorter, but then a rule cannot be tested on
//     recorded runs, and a recorded failure cannot be judged by a better rule.
//   - Waiting for quiet in the log before reading it: slow where nothing comes,
//     and wrong where something comes late.
//
// It is not a load generator and no fuzzer, knows no driver by name, and reports
// nothing: package report does.
package harness
