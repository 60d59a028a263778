//! What to do next for a customer, and why. Pure: what is known goes in, what is worth doing comes out, the most urgent first.

/// (English, Chinese)
pub type Pair = (String, String);

pub const UNPAID: &str = "unpaid";
pub const GREET: &str = "greet";
pub const BIRTHDAY: &str = "birthday";
pub const WIN_BACK: &str = "win_back";
pub const REPLENISH: &str = "replenish";
pub const LOST_RISK: &str = "lost_risk";
pub const CODES: [&str; 6] = [UNPAID, GREET, BIRTHDAY, WIN_BACK, REPLENISH, LOST_RISK];

/// A product that was bought again and again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replenish {
    pub product: String,
    /// Days since the last time, and between times.
    pub days: i64,
    pub every: i64,
}

/// Something that was on its way to be bought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unpaid {
    pub what: Option<String>,
    pub hours: i64,
    /// Checked out, rather than put in the cart.
    pub checkout: bool,
}

/// What is known about a customer today.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Since they became a friend of this guide.
    pub friend_days: i64,
    /// Whether anything was noted, sent or done for them here since then.
    pub touched: bool,
    /// prospect, new, active, at_risk or lost.
    pub stage: String,
    /// ordinary, loyal or super_vip.
    pub tier: String,
    pub orders: i64,
    pub last_order_days: Option<i64>,
    pub cycle_days: i64,
    /// Days until the next birthday; 0 is today.
    pub birthday_in: Option<i64>,
    pub replenish: Option<Replenish>,
    pub unpaid: Option<Unpaid>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    pub code: &'static str,
    pub reason: Pair,
    /// What could be said, with variables, unless the brand has a script of its own for it.
    pub text: Pair,
}

const GREET_DAYS: i64 = 3;
const BIRTHDAY_DAYS: i64 = 7;
const UNPAID_HOURS: i64 = 72;

fn pair(en: impl Into<String>, zh: impl Into<String>) -> Pair {
    (en.into(), zh.into())
}
fn days(n: i64) -> String {
    format!("{n} {}", if n == 1 { "day" } else { "days" })
}

/// In the order in which they should be done: what is lost by waiting an hour, a day, a week.
pub fn next(facts: &Facts) -> Vec<Action> {
    [unpaid(facts), greet(facts), birthday(facts), win_back(facts), replenish(facts), lost_risk(facts)]
        .into_iter()
        .flatten()
        .collect()
}

fn unpaid(facts: &Facts) -> Option<Action> {
    let own = facts.unpaid.as_ref().filter(|own| (1..=UNPAID_HOURS).contains(&own.hours))?;
    let what = own.what.as_deref();
    let reason = match (own.checkout, what) {
        (true, Some(what)) => pair(
            format!("Checked out {what} {} h ago and has not paid.", own.hours),
            format!("{} 小时前提交了「{what}」，尚未付款。", own.hours),
        ),
        (true, None) => pair(
            format!("Checked out {} h ago and has not paid.", own.hours),
            format!("{} 小时前提交订单，尚未付款。", own.hours),
        ),
        (false, Some(what)) => pair(
            format!("Put {what} into the cart {} h ago and has not bought it.", own.hours),
            format!("{} 小时前将「{what}」加入购物车，尚未购买。", own.hours),
        ),
        (false, None) => pair(
            format!("Put something into the cart {} h ago and has not bought it.", own.hours),
            format!("{} 小时前有商品加入购物车，尚未购买。", own.hours),
        ),
    };
    let text = pair(
        "Hello {name|there}, I saw you were choosing something. Any question about size, shade or delivery? I am glad to help.",
        "{称呼|亲}，看到您刚才在选购，尺码、色号或配送有疑问都可以问我，我来帮您确认～",
    );
    Some(Action { code: UNPAID, reason, text })
}

fn greet(facts: &Facts) -> Option<Action> {
    if facts.touched || !(0..=GREET_DAYS).contains(&facts.friend_days) {
        return None;
    }
    let reason = match facts.friend_days {
        0 => pair("A friend since today, and nothing is noted yet.", "今天新加的好友，还没有任何跟进记录。"),
        n => pair(
            format!("A friend for {}, and nothing is noted yet.", days(n)),
            format!("加为好友 {n} 天，还没有任何跟进记录。"),
        ),
    };
    let text = pair(
        "Hello {name|there}, I am {guide} of {store|our shop}. Whatever you are looking for, write to me any time.",
        "{称呼|您好}，我是{门店}的{导购}，很高兴认识您！选购、试用、售后的问题随时找我～",
    );
    Some(Action { code: GREET, reason, text })
}

fn birthday(facts: &Facts) -> Option<Action> {
    let left = facts.birthday_in.filter(|left| (0..=BIRTHDAY_DAYS).contains(left))?;
    let reason = match left {
        0 => pair("Has their birthday today.", "今天过生日。"),
        n => pair(format!("Has their birthday in {}.", days(n)), format!("{n} 天后过生日。")),
    };
    let text = pair(
        "Happy birthday, {name|dear}! There is a small present waiting for you at {store|our shop}.",
        "{称呼|亲}，祝您生日快乐！{门店|门店}为您准备了一份小礼物，方便时来领取～",
    );
    Some(Action { code: BIRTHDAY, reason, text })
}

fn is_valued(facts: &Facts) -> bool {
    facts.tier == "loyal" || facts.tier == "super_vip" || facts.orders >= 4
}

fn win_back(facts: &Facts) -> Option<Action> {
    let away = facts.last_order_days?;
    if facts.stage != "at_risk" || !is_valued(facts) {
        return None;
    }
    let (n, cycle) = (facts.orders, facts.cycle_days);
    let reason = pair(
        format!("{n} orders so far, but none for {} (usually every {}).", days(away), days(cycle)),
        format!("累计 {n} 单的高价值客户，已 {away} 天未购买（通常 {cycle} 天一次）。"),
    );
    let text = pair(
        "{name|Hello}, it has been a while! New things have arrived that may suit you. Shall I put some aside?",
        "{称呼|亲}，好久不见！店里到了几款适合您的新品，要不要我先帮您留一份？",
    );
    Some(Action { code: WIN_BACK, reason, text })
}

fn replenish(facts: &Facts) -> Option<Action> {
    let Replenish { product, days: since, every } = facts.replenish.as_ref()?;
    let reason = pair(
        format!("Bought {product} {} ago, and buys it every {} or so.", days(*since), days(*every)),
        format!("「{product}」已购买 {since} 天，通常约 {every} 天回购一次。"),
    );
    let text = pair(
        format!("{{name|Hello}}, your {product} should be nearly used up. Shall I have another one ready?"),
        format!("{{称呼|亲}}，您的{product}应该快用完了，需要我帮您备一份吗？"),
    );
    Some(Action { code: REPLENISH, reason, text })
}

fn lost_risk(facts: &Facts) -> Option<Action> {
    let away = facts.last_order_days?;
    let lost = facts.stage == "lost";
    if !(lost || facts.stage == "at_risk" && !is_valued(facts)) {
        return None;
    }
    let reason = if lost {
        pair(format!("Counts as lost: no order for {}.", days(away)), format!("已流失：{away} 天没有下单。"))
    } else {
        pair(format!("Likely to leave: no order for {}.", days(away)), format!("有流失风险：{away} 天没有下单。"))
    };
    let text = pair(
        "{name|Hello}, how did you like {product|what you bought}? I would be glad to hear what we can do better.",
        "{称呼|亲}，{最近购买|上次购买的商品}用得还满意吗？有任何建议都可以告诉我，我们一定改进。",
    );
    Some(Action { code: LOST_RISK, reason, text })
}

/// What is due to be bought again. `bought`: (product, day), in any order; a day counts once per product. Two gaps at least tell a habit.
pub fn due_again(bought: &[(String, i32)], today: i32) -> Option<Replenish> {
    let mut by_product: std::collections::BTreeMap<&str, Vec<i32>> = std::collections::BTreeMap::new();
    for (product, day) in bought {
        by_product.entry(product).or_default().push(*day);
    }
    let due = by_product.into_iter().filter_map(|(product, mut when)| {
        when.sort_unstable();
        when.dedup();
        let mut gaps: Vec<i32> = when.windows(2).map(|two| two[1] - two[0]).collect();
        if gaps.len() < 2 {
            return None;
        }
        gaps.sort_unstable();
        let every = gaps[gaps.len() / 2];
        let since = today - when[when.len() - 1];
        // A few days before, until half as long again has passed: then the habit has ended.
        let is_due = every >= 5 && since >= every - 3 && since <= every + every / 2;
        is_due.then(|| Replenish { product: product.to_owned(), days: i64::from(since), every: i64::from(every) })
    });
    due.max_by_key(|own| (own.days - own.every, std::cmp::Reverse(own.product.clone())))
}

/// Days from `today` (year, month, day) to the next birthday. The 29th of February is kept on the 28th in other years.
/// Understands `1990-05-20`, `1990/5/20`, `05-20` and `19900520`; anything else is no birthday.
pub fn birthday_in(text: &str, today: (i64, i64, i64)) -> Option<i64> {
    let text = text.trim().split(['T', ' ']).next().unwrap_or_default();
    let parts: Vec<i64> = match text.len() {
        8 if text.bytes().all(|b| b.is_ascii_digit()) => vec![text[4..6].parse().ok()?, text[6..].parse().ok()?],
        _ => text.split(['-', '/', '.']).map(|part| part.parse().ok()).collect::<Option<_>>()?,
    };
    let (month, day) = match parts[..] {
        [month, day] => (month, day),
        [_, month, day] => (month, day),
        _ => return None,
    };
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || (month == 2 && day > 29) {
        return None;
    }
    let in_year = |year: i64| {
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let kept = if month == 2 && day == 29 && !leap { 28 } else { day };
        days_of(year, month, kept)
    };
    let now = days_of(today.0, today.1, today.2);
    [in_year(today.0), in_year(today.0 + 1)].into_iter().find(|at| *at >= now).map(|at| at - now)
}

/// Days since 1970-01-01 of a date of the Gregorian calendar.
fn days_of(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let in_era = year - era * 400;
    let shifted = (month + 9) % 12;
    era * 146_097 + in_era * 365 + in_era / 4 - in_era / 100 + (153 * shifted + 2) / 5 + day - 1 - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(facts: &Facts) -> Vec<&'static str> {
        next(facts).into_iter().map(|action| action.code).collect()
    }
    fn known(facts: Facts) -> Facts {
        Facts { friend_days: 100, touched: true, cycle_days: 30, ..facts }
    }

    #[test]
    fn each_rule_has_its_case_and_its_opposite() {
        assert!(codes(&known(Facts { stage: "active".into(), orders: 9, ..Facts::default() })).is_empty());
        let fresh = |friend_days, touched| Facts { friend_days, touched, stage: "prospect".into(), ..Facts::default() };
        assert_eq!(codes(&fresh(0, false)), ["greet"]);
        assert_eq!(codes(&fresh(3, false)), ["greet"]);
        assert!(codes(&fresh(4, false)).is_empty() && codes(&fresh(1, true)).is_empty());
        let away = |stage: &str, tier: &str, orders| {
            known(Facts {
                stage: stage.into(),
                tier: tier.into(),
                orders,
                last_order_days: Some(50),
                ..Facts::default()
            })
        };
        assert_eq!(codes(&away("at_risk", "loyal", 2)), ["win_back"]);
        assert_eq!(codes(&away("at_risk", "ordinary", 4)), ["win_back"]);
        assert_eq!(codes(&away("at_risk", "ordinary", 1)), ["lost_risk"]);
        assert_eq!(codes(&away("lost", "super_vip", 9)), ["lost_risk"]);
        let born = |left| known(Facts { birthday_in: Some(left), ..Facts::default() });
        assert_eq!((codes(&born(0)).len(), codes(&born(7)).len(), codes(&born(8)).len()), (1, 1, 0));
        let cart =
            |hours| known(Facts { unpaid: Some(Unpaid { what: None, hours, checkout: true }), ..Facts::default() });
        assert_eq!(
            (codes(&cart(0)).len(), codes(&cart(1)).len(), codes(&cart(72)).len(), codes(&cart(73)).len()),
            (0, 1, 1, 0)
        );
    }

    #[test]
    fn the_most_urgent_comes_first_and_every_text_can_be_filled() {
        let all = Facts {
            friend_days: 1,
            touched: false,
            stage: "at_risk".into(),
            tier: "super_vip".into(),
            orders: 6,
            last_order_days: Some(40),
            cycle_days: 20,
            birthday_in: Some(2),
            replenish: Some(Replenish { product: "面霜".into(), days: 29, every: 30 }),
            unpaid: Some(Unpaid { what: Some("口红".into()), hours: 2, checkout: false }),
        };
        assert_eq!(codes(&all), ["unpaid", "greet", "birthday", "win_back", "replenish"]);
        for action in next(&all) {
            for text in [&action.text.0, &action.text.1] {
                crate::fill::check(text).unwrap_or_else(|wrong| panic!("{text}: {wrong}"));
            }
        }
    }

    #[test]
    fn a_habit_is_two_gaps_and_is_due_around_its_time() {
        let bought = |days: &[i32]| days.iter().map(|day| ("面霜".to_owned(), *day)).collect::<Vec<_>>();
        let due = |days: &[i32], today| due_again(&bought(days), today).map(|own| (own.days, own.every));
        assert_eq!(due(&[0, 30, 60], 88), Some((28, 30)));
        assert_eq!(due(&[60, 0, 30, 30], 105), Some((45, 30)));
        for (days, today) in [(&[0, 30][..], 60), (&[0, 30, 60], 86), (&[0, 30, 60], 106), (&[0, 2, 4], 6)] {
            assert_eq!(due(days, today), None, "{days:?} {today}");
        }
    }

    #[test]
    fn birthdays_are_read_as_people_write_them() {
        let today = (2026, 12, 28);
        for (text, want) in [
            ("1990-12-28", Some(0)),
            ("1990/12/30", Some(2)),
            ("01-02", Some(5)),
            ("19900102", Some(5)),
            ("1990-01-02T00:00:00Z", Some(5)),
            ("2000-02-29", Some(62)),
            ("1990-12-27", Some(364)),
            ("1990-13-01", None),
            ("1990-02-30", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(birthday_in(text, today), want, "{text}");
        }
        assert_eq!(birthday_in("2000-02-29", (2028, 2, 1)), Some(28));
    }
}
