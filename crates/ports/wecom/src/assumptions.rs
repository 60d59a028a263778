//! What the protocol's documentation leaves open. Each item says what we assume and what would show us wrong; nothing else in this crate
//! rests on a guess.

use crate::call::Repeat;

/// How far a callback's timestamp may lie from our clock, to either side. No official text names a limit. Ten minutes leaves room for the
/// three deliveries and a clock that is a little off; a replay inside the window meets the event's identity, which is taken once.
pub const SKEW_SECONDS_MAX: i64 = 600;

/// `JoinScene` of a group change: current texts say 0 invited (directly or by link) and 3 scanned, older examples show 1. The raw number is
/// kept in the event; this reading must not be confused with `join_scene` of `groupchat/get` (1, 2, 3).
pub fn join_scene(raw: i64) -> Option<&'static str> {
    match raw {
        0 | 1 => Some("invited"),
        3 => Some("scanned"),
        _ => None,
    }
}

/// The element a card's field has in a passive reply: "the PascalCase version of the card". The texts show no list; we repeat the element.
/// `keyname` is written in one word in JSON; we take it for two, as its neighbours `QuestionKey` and `ReplaceName` are.
pub fn card_element(json: &str) -> String {
    if json == "keyname" {
        return "KeyName".to_owned();
    }
    let mut start = true;
    let mut name = String::with_capacity(json.len());
    for letter in json.chars() {
        if letter.is_ascii_alphanumeric() {
            name.push(if start { letter.to_ascii_uppercase() } else { letter });
        }
        start = !letter.is_ascii_alphanumeric();
    }
    if name.is_empty() { "Field".to_owned() } else { name }
}

/// Clears all phones of a remark: the wording of the documentation is ambiguous about an empty list, so one empty text is sent.
pub fn no_phones() -> Vec<String> {
    vec![String::new()]
}

/// "-1 system busy" says nothing about what was done before. A call that creates something is therefore not repeated on it: the caller
/// looks first. All others are.
pub fn repeat_on_busy(repeat: Repeat) -> bool {
    repeat != Repeat::Never
}

/// What a repetition should wait at first. "After half a minute" is documented for a mass message that is being dispatched; how long a
/// moment takes, and a conflict or a hiccup, is not.
pub fn busy_ms(code: i64) -> u64 {
    match code {
        41063 => 30_000,
        41078 | 41079 => 5_000,
        _ => 200,
    }
}

/// HTTP statuses that WeCom's documentation does not know, taken to mean that nothing was done: slow down, no such path. Any other may have
/// come after the deed.
pub fn is_undone(status: u16) -> bool {
    matches!(status, 404 | 429)
}

/// What a deletion is taken to answer when the thing is gone already: the code of an id that is not known. For links, group welcomes and
/// mass messages no such code is documented; a refusal stays one there.
pub fn is_gone(path: &str, code: i64) -> bool {
    let codes: &[i64] = match path {
        "externalcontact/del_contact_way" | "externalcontact/groupchat/del_join_way" => &[41044],
        "externalcontact/del_corp_tag" | "externalcontact/del_strategy_tag" => &[40068],
        "externalcontact/del_intercept_rule" => &[41070, 41071],
        "externalcontact/delete_product_album" => &[41074, 41075],
        _ => &[],
    };
    codes.contains(&code)
}

/// WeCom does not say which rule a refusal for its rate (45009) broke. The minute's is taken first; refused again within so many seconds
/// after that, it is the hour's.
pub const RATE_AGAIN_SECONDS: i64 = 300;

/// Calls for tokens in a minute; the limit is not published. A token lives two hours.
pub const TOKENS_PER_MINUTE: u32 = 30;

/// Whether `idconvert/*` accepts the token of a self-built app: the pages list third-party tokens. 48002 means no: the capability is off.
pub const IDCONVERT_REFUSED: i64 = 48002;

/// `get_moment_list` takes 20 a page by the newest source, 100 by older ones.
pub const MOMENT_PAGE_MAX: u32 = 20;

/// A mass-message task's status 1 stands in examples but in no text. It counts as "not sent": only 2 is final.
pub const TASK_SENT: i64 = 2;

/// The text of a group welcome template, in bytes.
pub const GROUP_WELCOME_BYTES_MAX: usize = 3000;

/// Intercept rules per corp and nodes per rule.
pub const INTERCEPT_RULES_MAX: usize = 100;
pub const INTERCEPT_NODES_MAX: usize = 1000;

/// From which hour of the next day (China time) yesterday's behaviour figures can be asked for; 41-codes before that are not documented.
pub const STATISTICS_HOUR: i8 = 10;

/// How many enterprise moments a customer may see in a day, until the operator says otherwise: the platform's rule changed several times.
pub const MOMENTS_PER_CUSTOMER_DAY: u32 = 1;

/// Calls of one API in flight for one corp. The platform's own limit (45033) is not published; the notes advise three to five.
pub const IN_FLIGHT_MAX: u32 = 5;

/// Welcomes in flight for one corp. The advice of three to five is about calls that read lists; a welcome has twenty seconds, and
/// too many at once are told by 45033, after which they are tried again.
pub const WELCOMES_IN_FLIGHT: u32 = 48;

/// How long a refused secret is left alone. "Wrong repeatedly" blocks the address for an hour; how often is not said.
pub const SECRET_REST_SECONDS: i64 = 600;
