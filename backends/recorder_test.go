package backends

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestRecorderOffsetsCountFromBase(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		rec := NewRecorder(time.Now())
		time.Sleep(3 * time.Second)
		index, number := rec.opened("a")
		require.Equal(t, 1, number)
		time.Sleep(time.Second)
		rec.updateConn(index, func(c *Conn) { c.Closed = rec.now() })
		conns, attempts := rec.Snapshot()
		require.Equal(t, []Conn{{Backend: "a", Number: 1, Opened: 3 * time.Second, Closed: 4 * time.Second}}, conns)
		require.Empty(t, attempts)
	})
}

func TestRecorderNumbersPerBackend(t *testing.T) {
	t.Parallel()
	rec := NewRecorder(time.Now())
	for i, name := range []string{"a", "b", "a", "b", "a"} {
		index, number := rec.opened(name)
		require.Equal(t, i, index)
		require.Equal(t, i/2+1, number)
	}
}

func TestSnapshotIsACopy(t *testing.T) {
	t.Parallel()
	rec := NewRecorder(time.Now())
	rec.arrived(Attempt{ID: "1", Header: http.Header{}})
	_, before := rec.Snapshot()
	rec.updateAttempt(0, func(a *Attempt) { a.Body = 5 })
	require.Zero(t, before[0].Body)
	before[0].ID = "changed"
	_, after := rec.Snapshot()
	require.Equal(t, "1", after[0].ID)
	require.EqualValues(t, 5, after[0].Body)
}

func TestWaitAttempt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		rec := NewRecorder(time.Now())
		var got Attempt
		var err error
		done := false
		go func() {
			got, err = rec.WaitAttempt(t.Context(), 2)
			done = true
		}()
		for _, change := range []func(){
			func() { rec.arrived(Attempt{ID: "1", Complete: true}) },
			func() { rec.arrived(Attempt{ID: "2"}) }, // its body is still to come
			func() { rec.updateAttempt(0, func(a *Attempt) { a.Body = 1 }) },
		} {
			change()
			synctest.Wait()
			require.False(t, done)
		}
		rec.updateAttempt(1, func(a *Attempt) { a.Complete = true })
		synctest.Wait()
		require.True(t, done)
		require.NoError(t, err)
		require.Equal(t, "2", got.ID)
	})
}

func TestWaitEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err := NewRecorder(time.Now()).WaitAttempt(ctx, 1)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorContains(t, err, "wait on the backends (0 connections, 0 attempts so far)")
	})
}

func TestRecorderIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	const n = 50
	rec := NewRecorder(time.Now())
	var users sync.WaitGroup
	for range n {
		users.Go(func() {
			conn, number := rec.opened("a")
			attempt := rec.arrived(Attempt{Conn: number})
			rec.updateAttempt(attempt, func(a *Attempt) { a.Complete = true })
			rec.updateConn(conn, func(c *Conn) { c.Closed = rec.now() })
			rec.Snapshot()
		})
		users.Go(func() {
			if _, err := rec.WaitAttempt(t.Context(), n); err != nil {
				t.Error(err)
			}
		})
	}
	users.Wait()
	conns, attempts := rec.Snapshot()
	require.Len(t, conns, n)
	require.Len(t, attempts, n)
}
