//! What only WeCom counts: chats and messages of staff, by day of China, known the next morning and the same from then on.

use crate::Guides;
use siyu_db::{Tx, params};
use siyu_kernel::{Refusal, Time};

/// Summed over the days that are known.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Figures {
    /// Days WeCom has counted, of those asked for.
    pub days: i64,
    pub chats: i64,
    pub messages: i64,
    /// Chats begun by customers that were answered, in percent: the mean of the days that had any.
    pub answered: Option<f64>,
    /// Minutes to the first answer: the mean of the days that had any.
    pub minutes: Option<f64>,
    /// Customers who deleted or blocked.
    pub negative: i64,
}

const DAY: i64 = 86_400;
const CHINA: i64 = 8 * 3_600;
/// Yesterday's figures are ready at nine.
const READY: i64 = 9 * 3_600;
/// WeCom answers for 30 days at a time and 180 days back.
const CALL_DAYS: i64 = 30;

/// The last day WeCom has counted, as days of China since 1970.
fn last_day(now: Time) -> i64 {
    let seconds = now.0.div_euclid(1_000_000) + CHINA;
    let today = seconds.div_euclid(DAY);
    if seconds.rem_euclid(DAY) >= READY { today - 1 } else { today - 2 }
}

impl Guides {
    /// Of these members of staff together, kept under `who`. Days that are known are not asked for again.
    pub(crate) fn figures(&self, who: &str, userids: &[String], days: i64, now: Time) -> Result<Figures, Refusal> {
        let last = last_day(now);
        let first = last - days + 1;
        let known = self.inner.db.read(|tx| days_of(tx, who, first, last))?;
        let missing = (first..=last).rfind(|day| !known.contains(day)).map(|end| {
            let from = (first..=last).find(|day| !known.contains(day)).unwrap_or(end);
            (from, end)
        });
        if let Some((mut from, end)) = missing {
            let client = self.inner.contacts.client()?;
            while from <= end {
                let to = end.min(from + CALL_DAYS - 1);
                let start = |day: i64| day * DAY - CHINA;
                let rows = client.behaviour(userids, &[], start(from), start(to))?;
                let own = who.to_owned();
                self.inner.db.transact(move |tx| {
                    for row in &rows {
                        let day = (row.stat_time + CHINA).div_euclid(DAY);
                        tx.execute(
                            "INSERT INTO guide_figure (who, day, chats, messages, answered, minutes, negative, read_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (who, day) DO NOTHING",
                            params![&own, day, row.chat_cnt, row.message_cnt, row.reply_percentage, row.avg_reply_time, row.negative_feedback_cnt, now],
                        )?;
                    }
                    Ok(())
                })?;
                from = to + 1;
            }
        }
        self.inner.db.read(|tx| {
            Ok(tx.one(
                "SELECT COUNT(*), CAST(COALESCE(SUM(chats), 0) AS BIGINT), CAST(COALESCE(SUM(messages), 0) AS BIGINT), AVG(answered), AVG(minutes), CAST(COALESCE(SUM(negative), 0) AS BIGINT)
                 FROM guide_figure WHERE who = $1 AND day >= $2 AND day <= $3",
                params![who, first, last],
                |row| {
                    Ok(Figures {
                        days: row.int(0)?,
                        chats: row.int(1)?,
                        messages: row.int(2)?,
                        answered: row.opt_real(3)?,
                        minutes: row.opt_real(4)?,
                        negative: row.int(5)?,
                    })
                },
            )?)
        })
    }
}

fn days_of(tx: &mut Tx<'_>, who: &str, first: i64, last: i64) -> Result<Vec<i64>, Refusal> {
    let sql = "SELECT day FROM guide_figure WHERE who = $1 AND day >= $2 AND day <= $3";
    Ok(tx.query(sql, params![who, first, last], |row| row.int(0))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yesterday_is_counted_from_nine_o_clock_in_china() {
        let day = |text: &str| last_day(Time::parse(text).unwrap());
        assert_eq!(day("1970-01-11T01:00:00Z"), 9);
        assert_eq!(day("1970-01-11T00:59:59Z"), 8);
        assert_eq!(day("1970-01-10T16:00:00Z"), 8);
    }
}
