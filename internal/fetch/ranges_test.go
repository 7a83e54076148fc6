package fetch

import (
	"encoding/binary"
	"net/netip"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Each row: the first and the last address of a range, and those just outside,
// a star behind them if they are special as well.
const ranges = `
0.0.0.0            0.255.255.255          -                  1.0.0.0
10.0.0.0           10.255.255.255         9.255.255.255      11.0.0.0
100.64.0.0         100.127.255.255        100.63.255.255     100.128.0.0
127.0.0.0          127.255.255.255        126.255.255.255    128.0.0.0
169.254.0.0        169.254.255.255        169.253.255.255    169.255.0.0
172.16.0.0         172.31.255.255         172.15.255.255     172.32.0.0
192.0.0.0          192.0.0.255            191.255.255.255    192.0.1.0
192.0.2.0          192.0.2.255            192.0.1.255        192.0.3.0
192.31.196.0       192.31.196.255         192.31.195.255     192.31.197.0
192.52.193.0       192.52.193.255         192.52.192.255     192.52.194.0
192.88.99.0        192.88.99.255          192.88.98.255      192.88.100.0
192.168.0.0        192.168.255.255        192.167.255.255    192.169.0.0
192.175.48.0       192.175.48.255         192.175.47.255     192.175.49.0
198.18.0.0         198.19.255.255         198.17.255.255     198.20.0.0
198.51.100.0       198.51.100.255         198.51.99.255      198.51.101.0
203.0.113.0        203.0.113.255          203.0.112.255      203.0.114.0
224.0.0.0          239.255.255.255        223.255.255.255    240.0.0.0*
240.0.0.0          255.255.255.255        239.255.255.255*   -
::                 ::                     -                  ::1*
::1                ::1                    ::*                ::2*
::2                ::fffe:ffff:ffff       ::1*               -
::ffff:0.0.0.0     ::ffff:0.255.255.255   -                  ::ffff:1.0.0.0
::ffff:10.0.0.0    ::ffff:10.255.255.255  ::ffff:9.255.255.255 ::ffff:11.0.0.0
::ffff:224.0.0.0   ::ffff:255.255.255.255 ::ffff:223.255.255.255 ::1:0:0:0*
64:ff9b::7f00:0    64:ff9b::7fff:ffff     64:ff9b::7eff:ffff 64:ff9b::8000:0
64:ff9b::a9fe:0    64:ff9b::a9fe:ffff     64:ff9b::a9fd:ffff 64:ff9b::a9ff:0
64:ff9b:0:0:0:1::  64:ff9b:1:ffff:ffff:ffff:ffff:ffff 64:ff9b::ffff:ffff* 64:ff9b:2::*
100::              100::ffff:ffff:ffff:ffff ff:ffff::*       100:0:0:1::*
2001::             2001:0:ffff:ffff:ffff:ffff:ffff:ffff 2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff 2001:1::*
2001:1::           2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff 2001:0:ffff::* 2001:200::
2001:db8::         2001:db8:ffff:ffff:ffff:ffff:ffff:ffff 2001:db7:ffff:ffff:ffff:ffff:ffff:ffff 2001:db9::
2002::             2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff 2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff 2003::
2620:4f:8000::     2620:4f:8000:ffff:ffff:ffff:ffff:ffff 2620:4f:7fff:ffff:ffff:ffff:ffff:ffff 2620:4f:8001::
3ffe::             3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff 3ffd:ffff:ffff:ffff:ffff:ffff:ffff:ffff 3fff::*
3fff::             3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff 3ffe:ffff::* 3fff:1000::
4000::             fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff fc00::*
5f00::             5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff -             -
fc00::             fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff -             fe00::*
fe80::             febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff -             fec0::*
fec0::             feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff -             ff00::*
ff00::             ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff -             -
`

func TestSpecialRanges(t *testing.T) {
	rows := 0
	for row := range strings.Lines(strings.TrimSpace(ranges)) {
		f := strings.Fields(row)
		for i, a := range f {
			if a == "-" {
				continue
			}
			address, starred := strings.CutSuffix(a, "*")
			want := i < 2 || starred
			if kind := special(netip.MustParseAddr(address)); (kind != "") != want {
				t.Errorf("%s is %q, special: want %t", address, kind, want)
			}
		}
		rows++
	}
	if rows < 40 {
		t.Errorf("only %d rows were read", rows)
	}
}

func TestSpecialForms(t *testing.T) {
	for _, a := range []string{"fe80::1%eth0", "2600::1%eth0"} {
		if kind := special(netip.MustParseAddr(a)); kind != "of one link only" {
			t.Errorf("%s is %q", a, kind)
		}
	}
	if special(netip.Addr{}) == "" {
		t.Error("the address that is none passes")
	}
	for _, a := range []string{"8.8.8.8", "2600::1", "2a00:1450::5", "::ffff:8.8.8.8", "64:ff9b::808:808"} {
		if kind := special(netip.MustParseAddr(a)); kind != "" {
			t.Errorf("%s is %s", a, kind)
		}
	}
}

// However an IPv4 address is wrapped, it is judged as itself or refused.
func TestSpecialWrapped(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b [4]byte
		binary.BigEndian.PutUint32(b[:], rapid.Uint32().Draw(t, "address"))
		plain := netip.AddrFrom4(b)
		wrap := func(prefix string, at int) netip.Addr {
			a := netip.MustParseAddr(prefix).As16()
			copy(a[at:], b[:])
			return netip.AddrFrom16(a)
		}
		for _, same := range []netip.Addr{wrap("::ffff:0:0", 12), wrap("64:ff9b::", 12)} {
			if special(same) != special(plain) {
				t.Errorf("%s is %q, %s is %q", plain, special(plain), same, special(same))
			}
		}
		for _, never := range []netip.Addr{wrap("::", 12), wrap("2002::", 2), wrap("2001::", 12), wrap("64:ff9b:1::", 12), wrap("fe80::5efe:0:0", 12)} {
			if special(never) == "" {
				t.Errorf("%s passes", never)
			}
		}
	})
}
