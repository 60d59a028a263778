//! Where one person stands, with the reasons.

use crate::error::Answer;
use crate::gate::PeopleRead;
use crate::people_reader::{Reader, read};
use crate::{App, At, Endpoints, May, endpoints};
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use siyu_access::Locale;
use siyu_audience::Stands;
use siyu_kernel::Currency;
use utoipa::ToSchema;

pub fn router() -> Endpoints {
    endpoints!(standing)
}

#[derive(Serialize, ToSchema)]
struct Standing {
    /// `prospect`, `new`, `active`, `at_risk` or `lost`.
    stage: &'static str,
    /// `acquisition`, `activation`, `retention`, `revenue` or `referral`: the last one reached; null for whom nothing ever happened to.
    aarrr: Option<&'static str>,
    /// Null without an order.
    rfm: Option<StandingRfm>,
    /// 0 to 100, whole, as rules and tiers compare it.
    score: u32,
    /// The same to the thousandth: the parts add up to it exactly.
    points: f64,
    parts: Vec<StandingPart>,
    /// `ordinary`, `loyal` or `super_vip`.
    tier: &'static str,
    /// Whether the loyal rule holds, whatever the tier is.
    loyal: bool,
    /// Days between purchases that stages and recency are counted by.
    cycle_days: u32,
}

/// 1 to 5 each, among all buyers.
#[derive(Serialize, ToSchema)]
struct StandingRfm {
    r: u8,
    f: u8,
    m: u8,
    segment: &'static str,
}

#[derive(Serialize, ToSchema)]
struct StandingPart {
    /// `recency`, `frequency`, `money`, `engagement` or `referral`.
    part: &'static str,
    /// Points, to the thousandth.
    points: f64,
    /// Points when it is full.
    weight: u32,
    /// In the reader's language. Readers limited to some stores are told the rule, not the numbers: these are of all stores.
    reason: String,
}

/// Shows where a person stands: stage of life, AARRR stage, RFM cell, value score with its parts and reasons, tier.
///
/// 客户所处阶段：生命周期、AARRR、RFM、价值分（各部分得分与原因）与价值层级。
///
/// Counted as rules and analyses do, by the settings of `/settings/lifecycle`, up to the columns' last catch-up.
///
/// Errors: `person_unknown`.
#[utoipa::path(get, path = "/people/{id}/standing", tag = "People", params(("id" = String, Path)), responses((status = 200, body = Standing)))]
async fn standing(may: May<PeopleRead>, At(id): At<String>, State(app): State<App>) -> Answer<Json<Standing>> {
    let caller = may.caller;
    let zh = caller.locale == Locale::Zh;
    let answer = app.run(move |app| {
        read(app, |tx| {
            let reader = Reader::new(app, tx, &caller)?;
            let (_, root) = reader.find(app, tx, &id)?;
            let stands = app.audience.stands(tx, root, &reader.ctx)?;
            Ok(shown(&stands, zh, reader.ctx.currency, reader.stores().is_none()))
        })
    });
    answer.await.map(Json)
}

fn shown(own: &Stands, zh: bool, currency: Currency, all_stores: bool) -> Standing {
    let (parts, weights) = (own.parts, own.score.weights);
    let points = |thousandths: u32| f64::from(thousandths) / 1_000.0;
    let rows = [
        ("recency", parts.recency, weights.recency),
        ("frequency", parts.frequency, weights.frequency),
        ("money", parts.money, weights.money),
        ("engagement", parts.engagement, weights.engagement),
        ("referral", parts.referral, weights.referral),
    ];
    let parts_out = rows.into_iter().map(|(part, has, weight)| {
        let (fact, rule) = (fact(part, own, currency), rule(part, own, currency));
        let pick = |(en, zh_text): (String, String)| if zh { zh_text } else { en };
        let (fact, rule) = (pick(fact), pick(rule));
        let reason = match (all_stores, zh) {
            (false, _) => rule,
            (true, true) => format!("{fact}；{rule}"),
            (true, false) => format!("{fact}; {rule}"),
        };
        StandingPart { part, points: points(has), weight, reason }
    });
    Standing {
        stage: own.stage,
        aarrr: own.aarrr,
        rfm: own.rfm.map(|(r, f, m, segment)| StandingRfm { r, f, m, segment }),
        score: parts.total() / 1_000,
        points: points(parts.total()),
        parts: parts_out.collect(),
        tier: own.tier,
        loyal: own.loyal,
        cycle_days: own.cycle_days,
    }
}

/// English and Chinese: what this person has.
fn fact(part: &str, own: &Stands, currency: Currency) -> (String, String) {
    let facts = &own.facts;
    match part {
        "recency" => match facts.recency_days {
            None => ("no order yet".to_owned(), "还没有下过单".to_owned()),
            Some(days) => (format!("last order {} ago", days_en(days)), format!("距上次下单 {days} 天")),
        },
        "frequency" => {
            let n = facts.orders;
            (format!("{n} {} in 365 days", if n == 1 { "order" } else { "orders" }), format!("近 365 天 {n} 单"))
        }
        "money" => {
            let sum = amount(facts.money, currency);
            (format!("{sum} net in 365 days"), format!("近 365 天净消费 {sum}"))
        }
        "engagement" => {
            let n = facts.active_days;
            (format!("active on {} of the last 30", days_en(n)), format!("近 30 天活跃 {n} 天"))
        }
        _ => {
            let n = facts.referred;
            (format!("{n} {} referred", if n == 1 { "person" } else { "people" }), format!("推荐 {n} 人"))
        }
    }
}

/// English and Chinese: when the part is full.
fn rule(part: &str, own: &Stands, currency: Currency) -> (String, String) {
    let score = &own.score;
    match part {
        "recency" => (
            format!("full on the day of an order, nothing after {} days", score.recency_days),
            format!("当天下单满分，{} 天后为 0", score.recency_days),
        ),
        "frequency" => {
            (format!("full at {} orders", score.frequency_orders), format!("满 {} 单得满分", score.frequency_orders))
        }
        "money" => {
            let sum = amount(score.money_full, currency);
            (format!("full at {sum}"), format!("满 {sum} 得满分"))
        }
        "engagement" => (format!("full at {} days", score.active_days), format!("满 {} 天得满分", score.active_days)),
        _ => (
            format!("full at {} people; referrals are not counted yet, so this is 0", score.referrals_full),
            format!("满 {} 人得满分；推荐关系尚未统计，目前为 0", score.referrals_full),
        ),
    }
}

fn days_en(n: i64) -> String {
    format!("{n} {}", if n == 1 { "day" } else { "days" })
}

/// Minor units with the code of the currency.
fn amount(minor: i64, currency: Currency) -> String {
    let digits = usize::from(currency.digits());
    let unit = 10u64.pow(digits as u32);
    let (sign, whole) = (if minor < 0 { "-" } else { "" }, minor.unsigned_abs());
    match digits {
        0 => format!("{} {sign}{whole}", currency.code()),
        _ => format!("{} {sign}{}.{:0digits$}", currency.code(), whole / unit, whole % unit),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_spelt_by_their_currency() {
        let spelt = |minor, code| amount(minor, Currency::parse(code).unwrap());
        assert_eq!(spelt(15_005, "CNY"), "CNY 150.05");
        assert_eq!(spelt(-7, "CNY"), "CNY -0.07");
        assert_eq!(spelt(1_200, "JPY"), "JPY 1200");
    }
}
