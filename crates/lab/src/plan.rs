//! What the brand wants to send: much, and the same under every policy. A brand that sends little needs no policy.

use siyu_kernel::{Time, Zone};

/// How long a mass message lives in the product. Who has not got it by then does not get it.
pub const MESSAGE_DAYS: i64 = 3;
const HOUR: i64 = 10;

/// What a message is about, which its words show: the world reads them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Words {
    NewProduct,
    Promotion,
    Replenishment,
    Care,
}

impl Words {
    /// What the operator says that reaching somebody is worth. Only its order matters: what is asked for and offered before what is only told.
    pub fn worth(self) -> f64 {
        match self {
            Self::Replenishment => 4.0,
            Self::Promotion => 3.0,
            Self::NewProduct => 2.0,
            Self::Care => 1.0,
        }
    }
    /// Different every time: people notice the same words. As in the product, the same for everybody.
    fn text(self, day: i64) -> String {
        match self {
            Self::NewProduct => format!("新品上架第{day}期，欢迎到店试用"),
            Self::Promotion => format!("第{day}期会员专享，全场八折，到店可用"),
            Self::Replenishment => format!("上次买的快用完了吧？补货券第{day}期，专柜可用"),
            Self::Care => format!("护肤小课堂第{day}期：换季怎么护理"),
        }
    }
}

/// For whom, by what a brand knows: friendship, and the last purchase, in days ago (from, up to and without).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    Friends,
    Bought(i64, i64),
}

#[derive(Clone, Debug)]
pub struct Campaign {
    pub at: Time,
    pub words: Words,
    pub text: String,
    pub audience: Audience,
}

/// A week, from Monday: five messages for everybody, one for those who bought lately, one for recent buyers; and every day those whose last purchase is
/// thirty days old are reminded. Who buys is in the audience of up to eight a week, who does not of five.
const WEEK: [&[(Words, Audience)]; 7] = [
    &[(Words::NewProduct, Audience::Friends)],
    &[(Words::Promotion, Audience::Friends)],
    &[(Words::Care, Audience::Friends)],
    &[(Words::NewProduct, Audience::Friends)],
    &[(Words::Promotion, Audience::Friends)],
    &[(Words::Promotion, Audience::Bought(0, 90))],
    &[(Words::Care, Audience::Bought(0, 14))],
];
const EVERY_DAY: (Words, Audience) = (Words::Replenishment, Audience::Bought(30, 31));

/// Of so many days from a Monday's midnight in Shanghai, in the order in which they begin.
pub fn campaigns(start: Time, days: i64) -> Vec<Campaign> {
    let zone = Zone::shanghai();
    let first = zone.day(start);
    (0..days)
        .flat_map(|day| {
            let at = zone.start_of_day(first + day as i32).plus_seconds(HOUR * 3_600);
            let today = WEEK[(day % 7) as usize].iter().copied().chain([EVERY_DAY]);
            today.map(move |(words, audience)| Campaign { at, words, text: words.text(day), audience })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_week_has_five_for_everybody_and_no_words_twice() {
        let start = Time::parse("2026-03-01T16:00:00Z").unwrap();
        let all = campaigns(start, 28);
        let everybody = all.iter().filter(|own| own.audience == Audience::Friends).count();
        assert_eq!((all.len(), everybody), (4 * 14, 4 * 5));
        let texts: std::collections::BTreeSet<&str> = all.iter().map(|own| own.text.as_str()).collect();
        assert_eq!(texts.len(), all.len());
        assert_eq!(all[0].at, start.plus_seconds(10 * 3_600));
        assert!(all.is_sorted_by_key(|own| own.at));
    }
}
