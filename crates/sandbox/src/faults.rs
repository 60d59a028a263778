//! Bad manners by switch: what goes wrong, and how often. Everything off is [`Faults::default`].

use std::fmt;

/// A rate between 0 and 1 for each kind of fault.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Faults {
    rates: [f64; KINDS.len()],
}

/// What can go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The callback is delivered twice.
    Duplicate,
    /// The callback is held back until the world's clock has gone on 5 to 120 seconds.
    Late,
    /// The callback is never sent.
    Lost,
    /// The callback is overtaken by up to five that come after it.
    Disorder,
    /// errcode -1.
    Busy,
    /// errcode 45009, without any limit having been reached.
    Limit,
    /// errcode 45033.
    Concurrency,
    /// errcode 45035, of calls that write on one pair of member and customer.
    Conflict,
    /// The answer comes after [`crate::Options::timeout`] real time as HTTP 504; half of the calls have been carried out all the same.
    Timeout,
    /// The token is thrown away before its time: 40014 or 42001.
    Expired,
    /// errcode 60020.
    Address,
    /// HTTP 502 with a page, as a proxy on the way would answer.
    Proxy,
}

const KINDS: [(&str, Fault); 12] = [
    ("duplicate", Fault::Duplicate),
    ("late", Fault::Late),
    ("lost", Fault::Lost),
    ("disorder", Fault::Disorder),
    ("busy", Fault::Busy),
    ("limit", Fault::Limit),
    ("concurrency", Fault::Concurrency),
    ("conflict", Fault::Conflict),
    ("timeout", Fault::Timeout),
    ("expired", Fault::Expired),
    ("address", Fault::Address),
    ("proxy", Fault::Proxy),
];
/// Other words for the same: the codes, and what people type.
const ALIASES: [(&str, &str); 9] = [
    ("-1", "busy"),
    ("45009", "limit"),
    ("45033", "concurrency"),
    ("45035", "conflict"),
    ("42001", "expired"),
    ("60020", "address"),
    ("out-of-order", "disorder"),
    ("reorder", "disorder"),
    ("ip", "address"),
];

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a list of faults: {0:?}; write NAME=RATE,… with rates from 0 to 1 and names out of duplicate, late, lost, disorder, busy (-1), limit (45009), concurrency (45033), conflict (45035), timeout, expired (42001), address (60020), proxy, or `bad` for some of each"
)]
pub struct NotFaults(pub String);

impl Faults {
    /// `duplicate=0.1,late=0.05,45009=0.01`; a name alone is a rate of 0.05; `bad` switches on a little of each; "" is none.
    pub fn parse(list: &str) -> Result<Self, NotFaults> {
        let mut faults = Self::default();
        for part in list.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let (name, rate) = part.split_once('=').unwrap_or((part, "0.05"));
            let rate: f64 = rate.trim().parse().map_err(|_| NotFaults(part.to_owned()))?;
            let name = name.trim();
            let name = ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name, |(_, name)| name);
            if !(0.0..=1.0).contains(&rate) {
                return Err(NotFaults(part.to_owned()));
            }
            if name == "bad" {
                faults = Self { rates: [rate; KINDS.len()] };
                faults.set(Fault::Timeout, rate / 10.0);
                continue;
            }
            let kind = KINDS.iter().find(|(kind, _)| *kind == name).ok_or_else(|| NotFaults(part.to_owned()))?.1;
            faults.set(kind, rate);
        }
        Ok(faults)
    }
    pub fn rate(&self, fault: Fault) -> f64 {
        self.rates[fault as usize]
    }
    pub fn set(&mut self, fault: Fault, rate: f64) {
        self.rates[fault as usize] = rate;
    }
}

/// The list that [`Faults::parse`] reads back.
impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let on = KINDS.iter().filter(|(_, kind)| self.rate(*kind) > 0.0);
        f.write_str(&on.map(|(name, kind)| format!("{name}={}", self.rate(*kind))).collect::<Vec<_>>().join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_and_written() {
        let faults = Faults::parse("duplicate=0.1, late=0.05,-1=0.2,45009=1,60020=0").unwrap();
        assert_eq!(faults.rate(Fault::Duplicate), 0.1);
        assert_eq!(faults.rate(Fault::Busy), 0.2);
        assert_eq!(faults.rate(Fault::Limit), 1.0);
        assert_eq!(faults.rate(Fault::Lost), 0.0);
        assert_eq!(Faults::parse(&faults.to_string()).unwrap(), faults);
        assert_eq!(Faults::parse("").unwrap(), Faults::default());
        assert_eq!(Faults::parse("lost").unwrap().rate(Fault::Lost), 0.05);
        assert!(Faults::parse("bad").unwrap().rate(Fault::Proxy) > 0.0);
        for wrong in ["nonsense=0.1", "late=2", "late=-0.1", "late=x", "late=NaN"] {
            assert!(Faults::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn kinds_stand_in_the_order_of_their_numbers() {
        for (at, (_, kind)) in KINDS.iter().enumerate() {
            assert_eq!(*kind as usize, at);
        }
    }
}
