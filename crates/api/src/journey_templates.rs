//! Journeys to begin with. What belongs to the brand (an audience, a picture, a price) is left open or said in general words.

use serde_json::{Value, json};

pub(crate) struct Template {
    pub id: &'static str,
    pub name: String,
    pub about: String,
    pub definition: Value,
}

/// Name and definition of one of them.
pub fn journey_template(id: &str, zh: bool) -> Option<(String, Value)> {
    all(zh).into_iter().find(|own| own.id == id).map(|own| (own.name, own.definition))
}

/// Writes nodes in the reader's language.
struct Pen {
    zh: bool,
}

impl Pen {
    fn say<'t>(&self, zh: &'t str, en: &'t str) -> &'t str {
        if self.zh { zh } else { en }
    }
    fn node(&self, id: &str, (zh, en): (&str, &str), act: Value) -> Value {
        json!({ "id": id, "name": self.say(zh, en), "do": act })
    }
    fn wait(&self, id: &str, amount: u32, unit: &str, next: &str) -> Value {
        json!({ "id": id, "do": { "type": "wait", "for": { "amount": amount, "unit": unit }, "next": next } })
    }
    fn at(&self, id: &str, at: &str, next: &str) -> Value {
        json!({ "id": id, "do": { "type": "wait_until", "at": at, "next": next } })
    }
    fn message(&self, id: &str, name: (&str, &str), (zh, en): (&str, &str), next: &str) -> Value {
        let with = json!({ "content": { "text": self.say(zh, en) } });
        self.node(id, name, json!({ "type": "message", "with": with, "next": next }))
    }
    /// A message somebody waits for.
    fn service(&self, id: &str, name: (&str, &str), (zh, en): (&str, &str), next: &str) -> Value {
        let with = json!({ "content": { "text": self.say(zh, en) }, "service": true });
        self.node(id, name, json!({ "type": "message", "with": with, "next": next }))
    }
    fn task(&self, id: &str, kind: &str, (zh, en): (&str, &str), days: u32, next: &str) -> Value {
        let title = self.say(zh, en);
        // Names are shorter than what is to be done may be.
        let name = if title.chars().count() <= 60 { title } else { "" };
        let act = json!({
            "type": "task", "with": { "title": title, "kind": kind }, "deadline": { "amount": days, "unit": "day" },
            "nudge": { "amount": days * 12, "unit": "hour" }, "reassign": 1, "next": next
        });
        json!({ "id": id, "name": name, "do": act })
    }
    fn happens(&self, id: &str, event: &str, days: u32, next: &str, timed_out: &str) -> Value {
        let act = json!({
            "type": "wait_event", "on": { "type": "event", "name": event }, "timeout": { "amount": days, "unit": "day" },
            "next": next, "timed_out": timed_out
        });
        json!({ "id": id, "do": act })
    }
    fn exit(&self, id: &str, outcome: &str) -> Value {
        json!({ "id": id, "do": { "type": "exit", "outcome": outcome } })
    }
    fn template(&self, id: &'static str, name: (&str, &str), about: (&str, &str), definition: Value) -> Template {
        let (name, about) = (self.say(name.0, name.1).to_owned(), self.say(about.0, about.1).to_owned());
        Template { id, name, about, definition }
    }
}

fn by_event(event: &str) -> Value {
    json!({ "type": "trigger", "on": { "type": "event", "name": event } })
}
fn by_audience() -> Value {
    json!({ "type": "trigger", "on": { "type": "audience", "id": "", "change": "entered" } })
}
fn ordered() -> Value {
    json!({ "type": "event", "name": "Order Completed" })
}
fn lost() -> Value {
    json!([{ "reason": "lost", "on": { "type": "event", "name": "Contact Lost" } }])
}
fn definition(entry: &Value, again: &Value, goal: Option<bool>, start: &str, nodes: &[Value]) -> Value {
    let mut own =
        json!({ "format": 1, "entry": entry, "again": again, "exits": lost(), "start": start, "nodes": nodes });
    if let (Some(exit), Some(map)) = (goal, own.as_object_mut()) {
        map.insert("goal".to_owned(), json!({ "on": ordered(), "exit": exit }));
    }
    own
}

pub(crate) fn all(zh: bool) -> Vec<Template> {
    let p = Pen { zh };
    let never = json!("never");
    vec![
        p.template(
            "welcome",
            ("欢迎系列", "Welcome series"),
            (
                "加好友后 7 天：自我介绍、品牌价值、首购邀请；下单即离开。",
                "Seven days after becoming a friend: introduction, what the brand is for, an invitation. Whoever orders leaves.",
            ),
            definition(&by_event("Contact Added"), &never, Some(true), "rest", &[
                p.wait("rest", 1, "day", "morning"),
                p.at("morning", "10:00", "hello"),
                p.message("hello", ("自我介绍", "Introduction"), ("我是您的专属顾问，产品和搭配问题都可以随时问我。", "I am your adviser here: ask me about products and how to combine them."), "pause"),
                p.wait("pause", 2, "day", "noon"),
                p.at("noon", "12:30", "value"),
                p.message("value", ("品牌价值", "What we are for"), ("老客最常回购的三款，都整理好了，想看哪一类？", "The three things customers come back for most – which kind would you like to see?"), "look"),
                p.happens("look", "Order Completed", 4, "done", "invite"),
                p.message("invite", ("首购邀请", "Invitation"), ("为您留了一份新客礼，到店或下单时告诉我即可。", "A first gift is waiting for you: tell me when you come by or order."), "unmoved"),
                p.exit("done", "bought"),
                p.exit("unmoved", "unmoved"),
            ]),
        ),
        p.template(
            "first_purchase",
            ("首购促成", "First purchase"),
            (
                "圈定“加好友未购买”人群包：先内容，后导购一对一。",
                "For an audience of friends who have not bought: content first, then their guide in person.",
            ),
            definition(&by_audience(), &json!({ "after_days": 90 }), Some(true), "morning", &[
                p.at("morning", "10:30", "test"),
                p.node("test", ("两种说法", "Two ways to say it"), json!({
                    "type": "ab", "goal": ordered(), "within_days": 7,
                    "arms": [{ "name": p.say("推荐", "Recommendation"), "weight": 50, "to": "best" }, { "name": p.say("提问", "Question"), "weight": 50, "to": "ask" }]
                })),
                p.message("best", ("推荐", "Recommendation"), ("本周大家买得最多的是这几款，新客第一次也常从它们开始。", "What most people chose this week – a good first pick, too."), "wait"),
                p.message("ask", ("提问", "Question"), ("最近想添点什么？告诉我场景，我帮您挑三款。", "What are you looking for? Tell me the occasion and I choose three for you."), "wait"),
                p.happens("wait", "Order Completed", 5, "done", "call"),
                p.task("call", "message", ("新客未下单，发一条一对一消息了解需求", "Has not ordered yet: write to them and ask what they need"), 2, "end"),
                p.exit("done", "bought"),
                p.exit("end", "unmoved"),
            ]),
        ),
        p.template(
            "replenishment",
            ("复购补货", "Replenishment"),
            (
                "下单后按消耗周期提醒；没有复购则升级给导购。把等待天数改成该品的消耗周期。",
                "A reminder before it runs out, and the guide when nothing follows. Set the wait to how long the product lasts.",
            ),
            definition(&by_event("Order Completed"), &json!({ "after_days": 20 }), Some(true), "use", &[
                p.wait("use", 25, "day", "morning"),
                p.at("morning", "10:00", "remind"),
                p.service("remind", ("快用完了", "Running out"), ("您上次买的差不多要用完了，需要我帮您备一份吗？", "What you bought last will run out soon. Shall I put one aside for you?"), "wait"),
                p.happens("wait", "Order Completed", 7, "done", "call"),
                p.task("call", "call", ("补货提醒后未复购，电话确认是否还在使用", "No order after the reminder: call and ask whether they still use it"), 3, "last"),
                p.wait("last", 7, "day", "end"),
                p.exit("done", "bought"),
                p.exit("end", "unmoved"),
            ]),
        ),
        p.template(
            "birthday",
            ("生日关怀", "Birthday"),
            (
                "每天 9 点进入“7 天内生日”人群包（条件“距下一个 生日 天数”≤ 7，公历或农历）的客户：祝福、礼遇、到店邀约。",
                "Every day at nine those of an audience “birthday within 7 days” (days until the next birthday, by either calendar): good wishes, a gift, an invitation.",
            ),
            definition(
                &json!({ "type": "schedule", "schedule": { "every": "day", "at": "09:00" }, "audience": "" }),
                &json!({ "after_days": 300 }),
                None,
                "wish",
                &[
                    p.service("wish", ("生日祝福", "Good wishes"), ("提前祝您生日快乐！本月到店有一份生日礼为您留着。", "Happy birthday in advance! A birthday gift is kept for you in the shop this month."), "come"),
                    p.task("come", "message", ("生日客户：邀约到店领取生日礼", "Birthday: invite them to collect their gift"), 3, "end"),
                    p.exit("end", "wished"),
                ],
            ),
        ),
        p.template(
            "festival",
            ("节日问候", "Festival"),
            (
                "中秋节前 7 天：问候与礼单；未下单的 4 天后由导购跟进。节日可换成春节、端午、七夕等，每年自动按农历计算。",
                "Seven days before the Mid-Autumn Festival: good wishes and what to give; the guide follows up with whoever has not ordered. Any other festival will do: the day is worked out every year.",
            ),
            definition(
                &json!({ "type": "schedule", "schedule": { "every": "festival", "festival": "mid_autumn", "days_before": 7, "at": "10:00" }, "audience": "" }),
                &json!({ "after_days": 300 }),
                Some(true),
                "wish",
                &[
                    p.message("wish", ("节日问候", "Good wishes"), ("中秋将至，给家人和朋友的礼单帮您备好了，想看哪一类？", "The Mid-Autumn Festival is near: shall I show you what makes a good gift?"), "look"),
                    p.happens("look", "Order Completed", 4, "done", "call"),
                    p.task("call", "message", ("节前未下单：一对一推荐礼赠", "Has not ordered before the festival: recommend a gift in person"), 2, "end"),
                    p.exit("done", "bought"),
                    p.exit("end", "wished"),
                ],
            ),
        ),
        p.template(
            "six_touches",
            ("购后六次关怀", "Six touches after a purchase"),
            (
                "下单后第 1、3、7、15、30、60 天：发货、使用、反馈、保养、搭配、新品。",
                "On days 1, 3, 7, 15, 30 and 60 after an order: delivery, use, feedback, care, combinations, what is new.",
            ),
            definition(&by_event("Order Completed"), &json!({ "after_days": 60 }), None, "d1", &[
                p.wait("d1", 1, "day", "t1"),
                p.service("t1", ("第 1 天：到货", "Day 1: delivery"), ("您的订单已在路上，收到后有任何问题找我。", "Your order is on its way. Ask me anything when it arrives."), "d3"),
                p.wait("d3", 2, "day", "t2"),
                p.service("t2", ("第 3 天：使用", "Day 3: use"), ("第一次使用有个小窍门，发给您。", "A small trick for the first use."), "d7"),
                p.wait("d7", 4, "day", "t3"),
                p.task("t3", "message", ("第 7 天：询问使用感受并记录", "Day 7: ask how it is and note it down"), 2, "d15"),
                p.wait("d15", 8, "day", "t4"),
                p.service("t4", ("第 15 天：保养", "Day 15: care"), ("这样保养能用得更久。", "Cared for like this it lasts longer."), "d30"),
                p.wait("d30", 15, "day", "t5"),
                p.message("t5", ("第 30 天：搭配", "Day 30: combinations"), ("和您上次买的最搭的几款，给您参考。", "What goes best with what you bought."), "d60"),
                p.wait("d60", 30, "day", "t6"),
                p.message("t6", ("第 60 天：新品", "Day 60: what is new"), ("这一季的新品到了，先给老客看。", "This season's new things, for you first."), "end"),
                p.exit("end", "cared"),
            ]),
        ),
        p.template(
            "win_back",
            ("流失召回", "Win-back"),
            (
                "进入“流失风险”人群包：关怀、理由、导购电话；每步之间看是否回购。",
                "For an audience at risk: care, a reason, a call; between the steps whether they come back.",
            ),
            definition(&by_audience(), &json!({ "after_days": 120 }), Some(true), "morning", &[
                p.at("morning", "11:00", "care"),
                p.message("care", ("关怀", "Care"), ("好久不见，上次买的用得还好吗？", "It has been a while. How is what you bought last?"), "w1"),
                p.happens("w1", "Order Completed", 7, "back", "reason"),
                p.message("reason", ("给一个理由", "A reason"), ("给老客留了一份回归礼，本周都有效。", "A gift for coming back, all of this week."), "w2"),
                p.happens("w2", "Order Completed", 7, "back", "call"),
                p.task("call", "call", ("流失风险客户：电话回访并记录原因", "At risk: call and note the reason"), 3, "end"),
                p.exit("back", "back"),
                p.exit("end", "unmoved"),
            ]),
        ),
        p.template(
            "trial_camp",
            ("7 天训练营", "Trial camp"),
            (
                "报名进入：每天一课一打卡，未打卡提醒，第 7 天转化。",
                "Whoever signs up: a lesson a day, a reminder for whoever is silent, an offer on day seven.",
            ),
            definition(&by_event("Camp Joined"), &json!({ "after_days": 30 }), Some(false), "m1", &[
                p.at("m1", "08:00", "l1"),
                p.service("l1", ("第 1 课", "Lesson 1"), ("训练营第 1 课：目标与准备。完成后回复打卡。", "Lesson 1: aims and preparation. Answer when you have done it."), "c1"),
                p.happens("c1", "Camp Checked In", 1, "m3", "n1"),
                p.service("n1", ("未打卡提醒", "Reminder"), ("还差今天的打卡，5 分钟就能完成。", "Today's check-in is still open: five minutes will do."), "m3"),
                p.wait("m3", 2, "day", "l3"),
                p.service("l3", ("第 3 课", "Lesson 3"), ("第 3 课：最容易放弃的一天，看看别人怎么做。", "Lesson 3: the day most give up, and how others did it."), "m7"),
                p.wait("m7", 4, "day", "l7"),
                p.message("l7", ("结营与邀请", "Closing and offer"), ("恭喜结营！给坚持到最后的您一份专属方案。", "Well done! A plan for those who stayed to the end."), "wait"),
                p.happens("wait", "Order Completed", 3, "done", "call"),
                p.task("call", "message", ("训练营结束未下单：一对一跟进", "Camp is over, no order: follow up in person"), 2, "end"),
                p.exit("done", "bought"),
                p.exit("end", "unmoved"),
            ]),
        ),
        p.template(
            "after_live",
            ("直播后跟进", "After a live show"),
            (
                "看过直播未下单：2 小时后提醒，次日导购跟进。",
                "Whoever watched and did not order: a reminder after two hours, the guide the next day.",
            ),
            definition(&by_event("Live Watched"), &json!({ "after_days": 3 }), Some(true), "wait", &[
                p.wait("wait", 2, "hour", "remind"),
                p.message("remind", ("直播间福利", "From the show"), ("刚才直播间的几款还有少量，要帮您留一件吗？", "A few pieces of the show are left. Shall I keep one for you?"), "look"),
                p.happens("look", "Order Completed", 1, "done", "call"),
                p.task("call", "message", ("看过直播未下单：一对一答疑", "Watched and did not order: answer their questions"), 1, "end"),
                p.exit("done", "bought"),
                p.exit("end", "unmoved"),
            ]),
        ),
        p.template(
            "high_price",
            ("高客单培育", "Nurture for high prices"),
            (
                "低频高客单：90 天内少打扰，内容与到店体验交替，全程由导购陪伴。",
                "Rare and dear: few touches in 90 days, content and visits in turn, a guide all the way.",
            ),
            definition(&by_audience(), &json!({ "after_days": 180 }), Some(true), "know", &[
                p.task("know", "follow_up", ("了解需求、预算与时间，写入备注", "Find out needs, budget and time, and note them down"), 3, "w1"),
                p.wait("w1", 10, "day", "case"),
                p.message("case", ("案例", "A case"), ("和您情况相近的一位老客的选择，供您参考。", "What somebody in your place has chosen."), "w2"),
                p.wait("w2", 20, "day", "visit"),
                p.task("visit", "invite", ("邀约到店体验", "Invite them to try it in the shop"), 7, "w3"),
                p.happens("w3", "Order Completed", 30, "done", "again"),
                p.message("again", ("新消息", "News"), ("您关注的那款有了新的方案，方便时给您讲讲。", "There is a new offer for what you liked. May I tell you about it?"), "w4"),
                p.happens("w4", "Order Completed", 30, "done", "end"),
                p.exit("done", "bought"),
                p.exit("end", "unmoved"),
            ]),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use siyu_journeys::{Definition, problems};

    #[test]
    fn each_can_be_published_once_its_audience_is_chosen() {
        for zh in [true, false] {
            for own in all(zh) {
                let mut drawn = own.definition.clone();
                for audience in ["/entry/audience", "/entry/on/id"] {
                    if let Some(id) = drawn.pointer_mut(audience) {
                        *id = json!("aud_1");
                    }
                }
                let drawn = Definition::from_text(&drawn.to_string()).unwrap_or_else(|e| panic!("{}: {e}", own.id));
                assert_eq!(problems(&drawn), [], "{}", own.id);
            }
        }
    }
}
