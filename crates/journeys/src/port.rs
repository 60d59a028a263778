//! The ways out of nodes, by name for people and by number as stored.

/// Numbers are stored in trails: new ones go in between, none changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Port {
    Next,
    Yes,
    No,
    Happened,
    TimedOut,
    Sent,
    Skipped,
    Failed,
    Done,
    Late,
    Arm(u8),
}

/// Below 128: the eighth bit is the trail's.
const FIRST_ARM: u8 = 100;
const PLAIN: [(Port, u8, &str); 10] = [
    (Port::Next, 0, "next"),
    (Port::Yes, 1, "yes"),
    (Port::No, 2, "no"),
    (Port::Happened, 3, "happened"),
    (Port::TimedOut, 4, "timed_out"),
    (Port::Sent, 5, "sent"),
    (Port::Skipped, 6, "skipped"),
    (Port::Failed, 7, "failed"),
    (Port::Done, 8, "done"),
    (Port::Late, 9, "late"),
];

impl Port {
    pub fn code(self) -> u8 {
        match self {
            Self::Arm(at) => FIRST_ARM + at,
            own => PLAIN.iter().find(|(port, ..)| *port == own).map_or(0, |(_, code, _)| *code),
        }
    }
    pub fn of(code: u8) -> Option<Self> {
        match code.checked_sub(FIRST_ARM) {
            Some(at) => Some(Self::Arm(at)),
            None => PLAIN.iter().find(|(_, own, _)| *own == code).map(|(port, ..)| *port),
        }
    }
    /// `yes`, `arm_1`.
    pub fn name(self) -> String {
        match self {
            Self::Arm(at) => format!("arm_{}", at + 1),
            own => PLAIN.iter().find(|(port, ..)| *port == own).map_or("next", |(.., name)| name).to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_come_back() {
        let all = PLAIN.iter().map(|(port, ..)| *port).chain((0..10).map(Port::Arm));
        for port in all {
            assert_eq!(Port::of(port.code()), Some(port), "{}", port.name());
        }
        assert_eq!(Port::of(99), None);
    }
}
