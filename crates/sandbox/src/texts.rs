//! SMS: what the two providers keep. Templates and signatures that are approved, what was sent and what became of it.
//!
//! Everything here happens in the time that stamps requests: providers do not live in the world's.

use crate::dice::Dice;
use serde::Serialize;
use siyu_kernel::Time;
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Provider {
    Aliyun,
    Tencent,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    Code,
    Notice,
    Marketing,
}

impl Class {
    pub fn parse(word: &str) -> Option<Self> {
        [("code", Self::Code), ("notice", Self::Notice), ("marketing", Self::Marketing)]
            .into_iter()
            .find_map(|(own, class)| (own == word).then_some(class))
    }
}

/// An approved template. Places are `${name}` at Aliyun and `{1}` at Tencent Cloud.
#[derive(Clone, Debug, Serialize)]
pub struct Template {
    pub provider: Provider,
    pub code: String,
    pub text: String,
    pub class: Class,
}

impl Template {
    /// The names of its places, in their order.
    pub fn places(&self) -> Vec<&str> {
        let open = if self.provider == Provider::Aliyun { "${" } else { "{" };
        self.text.split(open).skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect()
    }
    fn filled(&self, params: &BTreeMap<String, String>) -> String {
        params.iter().fold(self.text.clone(), |text, (name, value)| match self.provider {
            Provider::Aliyun => text.replace(&format!("${{{name}}}"), value),
            Provider::Tencent => text.replace(&format!("{{{name}}}"), value),
        })
    }
}

/// A message that is asked for.
pub struct Wanted<'a> {
    pub phone: String,
    pub sign: &'a str,
    pub template: &'a str,
    pub params: BTreeMap<String, String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Waiting,
    Delivered,
    Failed,
}

/// A message that a provider has accepted.
#[derive(Clone, Debug, Serialize)]
pub struct Text {
    pub number: u64,
    pub provider: Provider,
    pub phone: String,
    pub sign: String,
    pub template: String,
    pub content: String,
    /// `OutId` at Aliyun, `SessionContext` at Tencent Cloud.
    pub own: String,
    /// `BizId`, `SerialNo`
    pub message_id: String,
    pub at: Time,
    /// When the operator reports it, and as what.
    pub reported_at: Time,
    pub carrier: &'static str,
    /// Pushed, or given out when asked for.
    #[serde(skip)]
    pub told: bool,
    #[serde(skip)]
    tries: usize,
    #[serde(skip)]
    push_at: Time,
}

impl Text {
    pub fn state(&self, now: Time) -> State {
        match self.carrier {
            _ if now < self.reported_at => State::Waiting,
            "DELIVRD" => State::Delivered,
            _ => State::Failed,
        }
    }
}

/// Addresses that were entered in a provider's console.
#[derive(Clone, Debug, Serialize)]
pub struct Push {
    pub provider: Provider,
    pub reports: String,
    pub replies: String,
}

/// What a customer has answered.
#[derive(Clone, Debug, Serialize)]
pub struct Reply {
    pub number: u64,
    pub provider: Provider,
    pub phone: String,
    pub sign: String,
    pub text: String,
    pub at: Time,
    #[serde(skip)]
    pub told: bool,
}

/// After a push that was not taken it is tried again so many seconds later; then no more.
const PUSH_AGAIN: [i64; 3] = [60, 300, 600];
/// A report comes within these seconds.
const REPORT_SECONDS: (f64, f64) = (2.0, 12.0);
/// Of a hundred so many do not arrive.
const LOST_PERCENT: f64 = 3.0;
/// Older ones are forgotten.
const KEPT: usize = 200_000;
/// What ends messages of a sender to a number.
const OPT_OUT: [&str; 4] = ["R", "T", "TD", "退订"];

pub struct Texts {
    pub signs: Vec<String>,
    pub templates: Vec<Template>,
    pub sent: VecDeque<Text>,
    pub replies: VecDeque<Reply>,
    /// Where reports and replies of each go.
    pub push: Vec<Push>,
    /// Numbers that have answered with a word that ends it.
    pub left: HashSet<String>,
    nonces: HashSet<String>,
    times: HashMap<String, VecDeque<Time>>,
    next: u64,
    dice: Dice,
}

/// Something to be pushed.
pub enum Due {
    Report(Text),
    Reply(Reply),
}

impl Texts {
    pub fn new(seed: u64, brand: &str) -> Self {
        let template = |provider, code: &str, text: &str, class| Template {
            provider,
            code: code.to_owned(),
            text: text.to_owned(),
            class,
        };
        use Provider::{Aliyun, Tencent};
        let templates = vec![
            template(Aliyun, "SMS_100001", "您的验证码是${code}，五分钟内有效。", Class::Code),
            template(Aliyun, "SMS_100002", "${name}您好，您的订单${order}已发货。", Class::Notice),
            template(Aliyun, "SMS_100003", "${name}您好，${text}，拒收请回复R", Class::Marketing),
            template(Tencent, "100001", "您的验证码是{1}，五分钟内有效。", Class::Code),
            template(Tencent, "100002", "{1}您好，您的订单{2}已发货。", Class::Notice),
            template(Tencent, "100003", "{1}您好，{2}，拒收请回复R", Class::Marketing),
        ];
        Self {
            signs: vec![brand.to_owned()],
            templates,
            sent: VecDeque::new(),
            replies: VecDeque::new(),
            push: Vec::new(),
            left: HashSet::new(),
            nonces: HashSet::new(),
            times: HashMap::new(),
            next: 0,
            dice: Dice::of(seed, 98, 0),
        }
    }
    /// Whether nobody has used it before.
    pub fn nonce_is_new(&mut self, nonce: &str) -> bool {
        self.nonces.insert(nonce.to_owned())
    }
    pub fn template(&self, provider: Provider, code: &str) -> Option<&Template> {
        self.templates.iter().find(|own| own.provider == provider && own.code == code)
    }
    /// What limit one more message to this number would break: seconds of its window.
    pub fn limited(&mut self, phone: &str, windows: &[(i64, usize)], now: Time) -> Option<i64> {
        let times = self.times.entry(phone.to_owned()).or_default();
        while times.front().is_some_and(|at| *at <= now.plus_days(-1)) {
            times.pop_front();
        }
        let within = |seconds: i64| times.iter().filter(|at| **at > now.plus_seconds(-seconds)).count();
        windows.iter().find(|(seconds, most)| within(*seconds) >= *most).map(|(seconds, _)| *seconds)
    }
    /// Accepts one. Requests at Aliyun share a number, each message at Tencent Cloud has its own.
    pub fn accept(&mut self, template: &Template, one: &Wanted<'_>, own: &str, message_id: &str, now: Time) {
        self.next += 1;
        self.times.entry(one.phone.clone()).or_default().push_back(now);
        let (low, high) = REPORT_SECONDS;
        let reported_at = Time(now.0 + (self.dice.between(low, high) * 1e6) as i64);
        let arrives = !self.left.contains(&one.phone) && !self.dice.chance(LOST_PERCENT / 100.0);
        if self.sent.len() >= KEPT {
            self.sent.pop_front();
        }
        self.sent.push_back(Text {
            number: self.next,
            provider: template.provider,
            phone: one.phone.clone(),
            sign: one.sign.to_owned(),
            template: template.code.clone(),
            content: format!("【{}】{}", one.sign, template.filled(&one.params)),
            own: own.to_owned(),
            message_id: message_id.to_owned(),
            at: now,
            reported_at,
            carrier: if arrives { "DELIVRD" } else { "UNDELIV" },
            told: false,
            tries: 0,
            push_at: reported_at,
        });
    }
    /// A number no message has had yet.
    pub fn message_id(&mut self) -> u64 {
        self.dice.draw() >> 12
    }
    /// Whoever has this number answers the last message they had.
    pub fn reply(&mut self, phone: &str, text: &str, now: Time) -> Result<(), String> {
        let Some(last) = self.sent.iter().rev().find(|own| own.phone == phone) else {
            return Err(format!("{phone} has had no message to answer"));
        };
        let reply = Reply {
            number: self.replies.len() as u64,
            provider: last.provider,
            phone: phone.to_owned(),
            sign: last.sign.clone(),
            text: text.to_owned(),
            at: now,
            told: false,
        };
        if OPT_OUT.contains(&text.trim().to_uppercase().as_str()) {
            self.left.insert(phone.to_owned());
        }
        self.replies.push_back(reply);
        Ok(())
    }
    /// What is to be pushed now, and is from here on under way: to which address.
    pub fn due(&mut self, now: Time) -> Vec<(String, Vec<Due>)> {
        let mut all: Vec<(String, Vec<Due>)> = Vec::new();
        for push in &self.push {
            let due = |own: &&mut Text| own.provider == push.provider && !own.told && own.push_at <= now;
            let reports = self.sent.iter_mut().filter(due).map(|own| {
                own.told = true;
                Due::Report(own.clone())
            });
            all.push((push.reports.clone(), reports.collect()));
            let due = |own: &&mut Reply| own.provider == push.provider && !own.told;
            let replies = self.replies.iter_mut().filter(due).map(|own| {
                own.told = true;
                Due::Reply(own.clone())
            });
            all.push((push.replies.clone(), replies.collect()));
        }
        all.retain(|(_, due)| !due.is_empty());
        all
    }
    /// A push was not taken.
    pub fn not_taken(&mut self, due: &[Due], now: Time) {
        for one in due {
            match one {
                Due::Report(text) => {
                    // One that is forgotten by now is not told again.
                    let Ok(at) = self.sent.binary_search_by_key(&text.number, |own| own.number) else { continue };
                    let own = &mut self.sent[at];
                    if let Some(later) = PUSH_AGAIN.get(own.tries) {
                        (own.told, own.tries, own.push_at) = (false, own.tries + 1, now.plus_seconds(*later));
                    }
                }
                Due::Reply(reply) => {
                    let Some(own) = self.replies.iter_mut().find(|own| own.number == reply.number) else { continue };
                    own.told = false;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_and_filled() {
        let texts = Texts::new(1, "小店");
        let own = texts.template(Provider::Aliyun, "SMS_100002").unwrap();
        assert_eq!(own.places(), ["name", "order"]);
        let params = BTreeMap::from([("name".into(), "王女士".into()), ("order".into(), "A1".into())]);
        assert_eq!(own.filled(&params), "王女士您好，您的订单A1已发货。");
        let own = texts.template(Provider::Tencent, "100003").unwrap();
        assert_eq!(own.places(), ["1", "2"]);
        assert!(texts.template(Provider::Tencent, "SMS_100002").is_none());
    }

    fn wanted(phone: &str) -> Wanted<'_> {
        Wanted { phone: phone.to_owned(), sign: "小店", template: "", params: BTreeMap::new() }
    }

    #[test]
    fn what_is_not_taken_comes_again_three_times() {
        let mut texts = Texts::new(1, "小店");
        let template = texts.templates[1].clone();
        let start = Time(1_000_000_000_000_000);
        texts.accept(&template, &wanted("+8613800000001"), "o", "m", start);
        assert!(texts.due(start.plus_seconds(60)).is_empty(), "nobody is told while there is no address");
        let push = |provider| Push { provider, reports: format!("{provider:?}"), replies: String::new() };
        texts.push = vec![push(Provider::Tencent), push(Provider::Aliyun)];
        assert!(texts.due(start).is_empty(), "the operator has not reported yet");
        let mut now = start.plus_seconds(60);
        for later in PUSH_AGAIN {
            let due = texts.due(now);
            assert_eq!((due.len(), due[0].0.as_str(), due[0].1.len()), (1, "Aliyun", 1));
            assert!(texts.due(now.plus_days(1)).is_empty(), "it is under way");
            texts.not_taken(&due[0].1, now);
            assert!(texts.due(now.plus_seconds(later - 1)).is_empty());
            now = now.plus_seconds(later);
        }
        let last = texts.due(now);
        texts.not_taken(&last[0].1, now);
        assert!(texts.due(now.plus_days(1)).is_empty(), "given up");
    }

    #[test]
    fn who_opts_out_gets_no_more() {
        let mut texts = Texts::new(1, "小店");
        let template = texts.templates[2].clone();
        let (phone, now) = ("+8613800000001", Time(1_000_000_000_000_000));
        assert!(texts.reply(phone, "R", now).is_err(), "there is nothing to answer");
        texts.accept(&template, &wanted(phone), "", "m1", now);
        texts.reply(phone, " r ", now).unwrap();
        texts.accept(&template, &wanted(phone), "", "m2", now);
        assert_eq!(texts.sent[1].carrier, "UNDELIV");
        assert_eq!(texts.limited(phone, &[(60, 2)], now), Some(60));
        assert_eq!(texts.limited(phone, &[(60, 2)], now.plus_seconds(60)), None);
    }
}
