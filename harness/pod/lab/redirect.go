//go:build linux

package lab

import (
	"fmt"
	"net/netip"

	"github.com/google/nftables"
	"github.com/google/nftables/binaryutil"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// perTransaction is how many redirections one transaction holds: they are one
// message, and the kernel answers each; both have to fit into buffers of some
// 200 kB.
const perTransaction = 32

// redirect sends connections to each address to another port of it, many in one
// transaction: the kernel takes 20 ms for each.
//
// So a backend has the port that nginx listens on with every address of the
// pod: elsewhere they are on two machines, and here the kernel refuses the
// second bind(). connect() and its routes still see the address that was named.
func redirect(ports map[netip.AddrPort]uint16) error {
	if len(ports) == 0 {
		return nil
	}
	c, err := nftables.New()
	if err != nil {
		return fmt.Errorf("open nftables: %w", err)
	}
	flush := func() error {
		if err := c.Flush(); err != nil {
			return fmt.Errorf("let backends have a port that nginx listens on: %w: the kernel needs nf_tables with NAT", err)
		}
		return nil
	}
	chains := map[bool]*nftables.Chain{} // by whether it is for IPv6
	n := 0
	for at, port := range ports {
		six := at.Addr().Is6()
		if chains[six] == nil {
			chains[six] = addChain(c, six)
		}
		c.AddRule(&nftables.Rule{Table: chains[six].Table, Chain: chains[six], Exprs: redirection(at, port)})
		if n++; n%perTransaction == 0 {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

func addChain(c *nftables.Conn, six bool) *nftables.Chain {
	family := nftables.TableFamilyIPv4
	if six {
		family = nftables.TableFamilyIPv6
	}
	table := c.AddTable(&nftables.Table{Name: "badgateway", Family: family})
	return c.AddChain(&nftables.Chain{Name: "output", Table: table, Type: nftables.ChainTypeNAT,
		Hooknum: nftables.ChainHookOutput, Priority: nftables.ChainPriorityNATDest})
}

// redirection is "ip daddr ADDR tcp dport PORT dnat to ADDR:port" (nft(8)).
func redirection(at netip.AddrPort, port uint16) []expr.Any {
	addr, offset, family := at.Addr().AsSlice(), uint32(16), uint32(unix.NFPROTO_IPV4) // RFC 791, 3.1
	if at.Addr().Is6() {
		offset, family = 24, unix.NFPROTO_IPV6 // RFC 8200, 3
	}
	equal := func(data []byte) expr.Any { return &expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: data} }
	return []expr.Any{
		&expr.Meta{Key: expr.MetaKeyL4PROTO, Register: 1}, equal([]byte{unix.IPPROTO_TCP}),
		&expr.Payload{DestRegister: 1, Base: expr.PayloadBaseNetworkHeader, Offset: offset, Len: uint32(len(addr))}, equal(addr),
		&expr.Payload{DestRegister: 1, Base: expr.PayloadBaseTransportHeader, Offset: 2, Len: 2}, equal(binaryutil.BigEndian.PutUint16(at.Port())),
		&expr.Immediate{Register: 1, Data: addr}, &expr.Immediate{Register: 2, Data: binaryutil.BigEndian.PutUint16(port)},
		&expr.NAT{Type: expr.NATTypeDestNAT, Family: family, RegAddrMin: 1, RegProtoMin: 2},
	}
}
