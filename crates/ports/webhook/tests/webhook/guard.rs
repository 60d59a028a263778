//! Where webhooks may go.

use proptest::prelude::*;
use siyu_webhook::*;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

fn told(guard: &Guard, url: &str) -> String {
    guard.target(url).map_or_else(|error| error.name().to_owned(), |target| format!("{} {}", target.host, target.port))
}

#[test]
fn addresses_that_may_be_entered() {
    let guard = Guard::default();
    for (url, want) in [
        ("https://example.com/hook", "example.com 443"),
        ("https://EXAMPLE.com:8443/hook?a=1&b=%20", "example.com 8443"),
        ("https://example.com.", "example.com. 443"),
        ("https://xn--fiq228c.cn/x", "xn--fiq228c.cn 443"),
        ("https://93.184.216.34/", "93.184.216.34 443"),
        ("https://[2606:2800:220:1::1]/", "2606:2800:220:1::1 443"),
    ] {
        assert_eq!(told(&guard, url), want, "{url}");
    }
}

#[test]
fn addresses_that_may_not() {
    let guard = Guard::default();
    let (malformed, host) = ("webhook_url_malformed", "webhook_host_refused");
    for (url, want) in [
        ("", malformed),
        ("example.com/hook", malformed),
        ("/hook", malformed),
        ("https://", malformed),
        ("https:///x", malformed),
        ("https://user@example.com/", malformed),
        ("https://user:pass@example.com/", malformed),
        ("https://example.com@127.0.0.1/", malformed),
        ("https://example.com#@127.0.0.1/", malformed),
        ("https://example.com\\@127.0.0.1/", malformed),
        ("https://example.com\\.internal/", malformed),
        ("https://exam ple.com/", malformed),
        ("https://example.com/a\r\nHost: x", malformed),
        ("https://中国.cn/", malformed),
        ("https://example.com:/", malformed),
        ("https://example.com:99999/", malformed),
        ("https://-._~!$.com/", malformed),
        ("http://example.com/", "webhook_scheme_refused"),
        ("ftp://example.com/", "webhook_scheme_refused"),
        ("file:///etc/passwd", malformed),
        ("gopher://example.com/", "webhook_scheme_refused"),
        ("https://example.com:22/", "webhook_port_refused"),
        ("https://example.com:80/", "webhook_port_refused"),
        ("https://example.com:0/", "webhook_port_refused"),
        ("https://localhost/", host),
        ("https://LOCALHOST/", host),
        ("https://x.localhost./", host),
        ("https://intranet/", host),
        ("https://metadata.google.internal/", host),
        ("https://printer.local/", host),
        ("https://router.home.arpa/", host),
        ("https://127.0.0.1/", host),
        ("https://127.1/", host),
        ("https://2130706433/", host),
        ("https://0x7f000001/", host),
        ("https://0x7f.0.0.0x1/", host),
        ("https://0177.0.0.1/", host),
        ("https://10.0.0.1/", host),
        ("https://172.31.255.255/", host),
        ("https://192.168.1.1/", host),
        ("https://169.254.169.254/latest/meta-data", host),
        ("https://100.100.100.200/", host),
        ("https://168.63.129.16/", host),
        ("https://0.0.0.0/", host),
        ("https://255.255.255.255/", host),
        ("https://224.0.0.1/", host),
        ("https://[::]/", host),
        ("https://[::1]/", host),
        ("https://[::ffff:127.0.0.1]/", host),
        ("https://[::ffff:7f00:1]/", host),
        ("https://[::127.0.0.1]/", host),
        ("https://[64:ff9b::10.0.0.1]/", host),
        ("https://[2002:7f00:1::]/", host),
        ("https://[2001:0:4136:e378::1]/", host),
        ("https://[fe80::1]/", host),
        ("https://[fec0::1]/", host),
        ("https://[fd00:ec2::254]/", host),
        ("https://[ff02::1]/", host),
    ] {
        assert_eq!(told(&guard, url), want, "{url}");
    }
    assert_eq!(told(&guard, &format!("https://example.com/{}", "a".repeat(2000))), malformed);
}

#[test]
fn an_allowance_is_for_one_address_and_port() {
    let guard = Guard::default().also("127.0.0.1:9000".parse().unwrap());
    for (url, want) in [
        ("http://127.0.0.1:9000/x", "127.0.0.1 9000"),
        ("https://127.0.0.1:9000/x", "127.0.0.1 9000"),
        ("http://[::ffff:127.0.0.1]:9000/x", "::ffff:127.0.0.1 9000"),
        ("http://127.0.0.1:9001/x", "webhook_scheme_refused"),
        ("https://127.0.0.1/x", "webhook_host_refused"),
        ("http://127.0.0.2:9000/x", "webhook_scheme_refused"),
        ("http://localhost:9000/x", "webhook_scheme_refused"),
    ] {
        assert_eq!(told(&guard, url), want, "{url}");
    }
    assert_eq!(told(&Guard::default().with_ports(vec![9443]), "https://example.com:9443/"), "example.com 9443");
}

/// Blocks that belong to nobody on the internet, each with its first and last address.
const PRIVATE_V4: [(&str, &str); 16] = [
    ("0.0.0.0", "0.255.255.255"),
    ("10.0.0.0", "10.255.255.255"),
    ("100.64.0.0", "100.127.255.255"),
    ("127.0.0.0", "127.255.255.255"),
    ("169.254.0.0", "169.254.255.255"),
    ("172.16.0.0", "172.31.255.255"),
    ("192.0.0.0", "192.0.0.255"),
    ("192.0.2.0", "192.0.2.255"),
    ("192.88.99.0", "192.88.99.255"),
    ("192.168.0.0", "192.168.255.255"),
    ("198.18.0.0", "198.19.255.255"),
    ("198.51.100.0", "198.51.100.255"),
    ("203.0.113.0", "203.0.113.255"),
    ("224.0.0.0", "239.255.255.255"),
    ("240.0.0.0", "255.255.255.255"),
    ("168.63.129.16", "168.63.129.16"),
];

fn is_private_v4(ip: Ipv4Addr) -> bool {
    PRIVATE_V4.iter().any(|(from, to)| (from.parse::<Ipv4Addr>().unwrap()..=to.parse().unwrap()).contains(&ip))
}

#[test]
fn blocks_end_where_they_end() {
    for (from, to) in PRIVATE_V4 {
        let (from, to): (Ipv4Addr, Ipv4Addr) = (from.parse().unwrap(), to.parse().unwrap());
        let beside = [u32::from(from).checked_sub(1), u32::from(to).checked_add(1)];
        for ip in [from, to].into_iter().chain(beside.into_iter().flatten().map(Ipv4Addr::from)) {
            assert_eq!(is_public(ip.into()), !is_private_v4(ip), "{ip}");
        }
    }
    for (ip, want) in [
        ("2606:4700::1", true),
        ("2001:200::1", true),
        ("2001:1ff::1", false),
        ("2001:db8::1", false),
        ("3fff:fff::1", false),
        ("3fff:1000::1", true),
        ("4000::1", false),
        ("64:ff9b::8.8.8.8", true),
        ("64:ff9b:1::8.8.8.8", false),
        ("2002:808:808::1", true),
        ("::8.8.8.8", false),
        ("::ffff:8.8.8.8", true),
    ] {
        assert_eq!(is_public(ip.parse().unwrap()), want, "{ip}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn whatever_carries_a_private_address_is_private(ip: u32) {
        let v4 = Ipv4Addr::from(ip);
        let private = is_private_v4(v4);
        prop_assert_eq!(is_public(v4.into()), !private);
        let [a, b, c, d] = v4.octets().map(u16::from);
        let (high, low) = (a << 8 | b, c << 8 | d);
        for carrier in [v4.to_ipv6_mapped(), Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low), Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0, 1)] {
            prop_assert_eq!(is_public(carrier.into()), !private, "{}", carrier);
        }
    }

    #[test]
    fn no_text_gets_around_the_guard(url in "https?://([a-z0-9.:@\\[\\]/\\\\#?%_-]{0,40})|\\PC{0,60}") {
        if let Ok(target) = Guard::default().target(&url) {
            prop_assert!(url.to_lowercase().starts_with("https://"));
            prop_assert!(matches!(target.port, 443 | 8443));
            if let Ok(ip) = target.host.parse::<IpAddr>() {
                prop_assert!(is_public(ip), "{}", ip);
            }
        }
    }
}
