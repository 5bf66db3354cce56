//go:build linux

package lab

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
)

// snapLength is how much is kept of a packet: all header fields, and not the
// megabytes of an upload in segments of 64 KB.
const snapLength = 4096

// capture writes every packet of the loopback device to a pcap file until the
// pod ends. Packets of backends and of nginx are both there.
func capture(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	handle, err := pcapgo.NewEthernetHandle("lo")
	if err != nil {
		return fmt.Errorf("open loopback device: %w", err)
	}
	w := pcapgo.NewWriter(file)
	if err := w.WriteFileHeader(snapLength, layers.LinkTypeEthernet); err != nil {
		return err
	}
	go func() {
		for {
			data, info, err := handle.ReadPacketData()
			if err != nil {
				return // the pod ends
			}
			if len(data) > snapLength {
				data, info.CaptureLength = data[:snapLength], snapLength
			}
			if err := w.WritePacket(info, data); err != nil {
				return // the pod's file system is full: the capture ends here
			}
		}
	}()
	return nil
}
