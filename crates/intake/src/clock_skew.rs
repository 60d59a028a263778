//! When did it happen, by our clock, if the device's clock is wrong?

use siyu_kernel::Time;

/// How far ahead of us an event may lie after correction before we say that it happened now.
const AHEAD_SECONDS_MAX: i64 = 300;

/// The tracking API's rule: the device says when the event happened and when it was sent; both are by the same wrong clock, so their
/// difference is right: `received − (sent − happened)`. Without a sending time the device's word is taken. Nothing happens in the future.
pub fn corrected(happened: Option<Time>, sent: Option<Time>, received: Time) -> Time {
    let at = match (happened, sent) {
        (None, _) => received,
        (Some(happened), None) => happened,
        // A queue that waited longer than it could have been sent before is a clock that jumped in between: the device's word is all we have.
        (Some(happened), Some(sent)) if sent < happened => received.min(happened),
        (Some(happened), Some(sent)) => Time(received.0.saturating_sub(sent.0.saturating_sub(happened.0))),
    };
    if at > received.plus_seconds(AHEAD_SECONDS_MAX) { received } else { at.in_range().unwrap_or(received) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_wrong_clock_is_put_right() {
        let t = |text: &str| Time::parse(text).unwrap();
        let received = t("2026-03-02T10:00:00Z");
        for (happened, sent, want) in [
            // The device is two years behind; the event waited 30 s.
            (Some("2024-03-02T08:59:30Z"), Some("2024-03-02T09:00:00Z"), "2026-03-02T09:59:30Z"),
            // Two years ahead.
            (Some("2028-03-02T08:59:30Z"), Some("2028-03-02T09:00:00Z"), "2026-03-02T09:59:30Z"),
            (Some("2026-03-01T00:00:00Z"), None, "2026-03-01T00:00:00Z"),
            (Some("2030-01-01T00:00:00Z"), None, "2026-03-02T10:00:00Z"),
            (None, Some("2026-03-02T09:00:00Z"), "2026-03-02T10:00:00Z"),
            (Some("2026-03-02T09:59:00Z"), Some("2026-03-02T09:58:00Z"), "2026-03-02T09:59:00Z"),
        ] {
            assert_eq!(corrected(happened.map(t), sent.map(t), received), t(want), "{happened:?} {sent:?}");
        }
    }

    proptest! {
        #[test]
        fn nothing_happens_in_the_future(happened: i64, sent: i64) {
            let received = Time(1_772_445_600_000_000);
            let at = corrected(Some(Time(happened)), Some(Time(sent)), received);
            prop_assert!(at <= received.plus_seconds(AHEAD_SECONDS_MAX) && at >= Time::MIN);
        }
    }
}
