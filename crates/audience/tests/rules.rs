//! What rules mean, on either engine.
#![allow(clippy::unwrap_used)]

mod common;

use common::{World, migrations};
use serde_json::{Value, json};
use siyu_audience::{Rule, Scope};
use siyu_kernel::PersonNum;
use siyu_people::FieldPatch;
use siyu_testkit::{TestDb, contract};

contract!(migrations();
    conditions_find_the_right_people, profile_conditions, groups_combine, a_merged_person_counts_once, amounts_of_other_currencies_are_not_added,
    erased_people_are_nowhere, sensitive_fields_only_exist, every_bad_rule_is_named, a_rule_may_not_depend_on_itself, the_catalogue_offers_only_what_holds,
    a_preview_respects_the_scope, summaries_read_like_sentences);

/// ann: 3 orders, 600.00 of which 100.00 refunded, last today in S1 and S2; bob: 1 order of 50.00, 40 days ago in S1; cat: nothing.
struct Shop {
    world: World,
    ann: PersonNum,
    bob: PersonNum,
    cat: PersonNum,
}

fn shop(test: TestDb) -> Shop {
    let world = World::new(test);
    world.test.clock.set(world.ago(100));
    let ann = world.person_from(&["phone:13912345678", "unionid:u1"], "import");
    world.test.clock.set(world.ago(-90));
    let bob = world.person_from(&["member_no:M1", "ext:tmall:b"], "web");
    world.test.clock.set(world.ago(-10));
    let cat = world.person_from(&["email:cat@example.com"], "web");
    let product = siyu_commerce::ProductIn { sku: "K1".into(), category: Some("茶.叶".into()), ..Default::default() };
    let now = world.ago(0);
    world.test.db().transact(move |tx| siyu_commerce::put_products(tx, std::slice::from_ref(&product), now)).unwrap();
    let order = world.order_in(ann, world.ago(60), 10_000, Some("S1"), "CNY", "K1");
    world.order_in(ann, world.ago(5), 20_000, Some("S2"), "CNY", "K1");
    world.order(ann, 0, 30_000, None);
    world.refund(ann, &order, 10_000);
    world.order_in(bob, world.ago(40), 5_000, Some("S1"), "CNY", "K1");
    Shop { ann, bob, cat, world }
}

fn conditions_find_the_right_people(test: TestDb) {
    let Shop { world, ann, bob, cat } = shop(test);
    let vip = world.tag("vip", None, None);
    let other = world.tag("other", None, None);
    world.give(&vip, bob);
    let all = [ann, bob, cat];
    let cases: Vec<(&str, &str, Value, Vec<PersonNum>)> = vec![
        ("orders.count", "gte", json!(2), vec![ann]),
        ("orders.count", "eq", json!(0), vec![cat]),
        ("orders.count", "lt", json!(2), vec![bob, cat]),
        ("orders.count", "ne", json!(1), vec![ann, cat]),
        ("orders.count", "in", json!([0, "3"]), vec![ann, cat]),
        ("orders.count", "gt", json!(0), vec![ann, bob]),
        ("orders.count", "gte", json!(0), all.to_vec()),
        ("orders.amount", "gte", json!(60_000), vec![ann]),
        ("orders.amount", "lte", json!(5_000), vec![bob, cat]),
        ("orders.amount", "gt", json!(60_000), vec![]),
        ("orders.net", "gte", json!(50_001), vec![]),
        ("orders.net", "eq", json!(50_000), vec![ann]),
        ("orders.average", "gte", json!(20_000), vec![ann]),
        ("orders.average", "gt", json!(20_000), vec![]),
        ("orders.average", "lt", json!(20_000), vec![bob]),
        ("orders.average", "exists", json!(false), vec![cat]),
        ("orders.days_since_last", "eq", json!(0), vec![ann]),
        ("orders.days_since_last", "gte", json!(40), vec![bob]),
        ("orders.days_since_last", "gt", json!(40), vec![]),
        ("orders.days_since_last", "ne", json!(0), vec![bob, cat]),
        ("orders.days_since_last", "exists", json!(true), vec![ann, bob]),
        ("orders.days_since_first", "lte", json!(40), vec![bob]),
        ("orders.days_since_first", "eq", json!(60), vec![ann]),
        ("has.phone", "eq", json!(true), vec![ann]),
        ("has.phone", "eq", json!(false), vec![bob, cat]),
        ("has.ext:tmall", "exists", json!(true), vec![bob]),
        ("has.device", "exists", json!(true), vec![]),
        ("tag", "eq", json!(vip), vec![bob]),
        ("tag", "ne", json!(vip), vec![ann, cat]),
        ("tag", "in", json!([vip, other]), vec![bob]),
        ("tag", "exists", json!(false), vec![ann, cat]),
        ("store", "eq", json!("S1"), vec![ann, bob]),
        ("store", "ne", json!("S2"), vec![bob, cat]),
        ("store", "in", json!(["S2"]), vec![ann]),
        ("store", "exists", json!(false), vec![cat]),
        ("category.茶.叶.count", "gte", json!(2), vec![ann]),
        ("category.茶.叶.count", "lt", json!(2), vec![bob, cat]),
        ("category.nothing.count", "eq", json!(0), all.to_vec()),
        ("created.days", "eq", json!(0), vec![cat]),
        ("created.days", "gte", json!(10), vec![ann, bob]),
        ("created.days", "gt", json!(10), vec![ann]),
        ("created.days", "lt", json!(100), vec![bob, cat]),
        ("source", "eq", json!("web"), vec![bob, cat]),
        ("source", "ne", json!("web"), vec![ann]),
        ("source", "contains", json!("IMP"), vec![ann]),
        ("source", "in", json!(["import", "web"]), all.to_vec()),
    ];
    for (field, op, value, want) in cases {
        assert_eq!(world.cond(field, op, value.clone()), want, "{field} {op} {value}");
    }
}

fn profile_conditions(test: TestDb) {
    let Shop { world, ann, bob, cat } = shop(test);
    let at = world.ago(1);
    for (num, name, value) in [
        (ann, "city", json!("上海")),
        (bob, "city", json!("Hangzhou")),
        (cat, "city", json!(null)),
        (ann, "age", json!(30)),
        (bob, "age", json!(17.5)),
        (ann, "member", json!(true)),
        (bob, "member", json!(false)),
        (ann, "birthday", json!("1990-05-01")),
        (bob, "visited", json!("2026-02-28T18:00:00Z")),
        (ann, "likes", json!(["tea", "cake"])),
    ] {
        world.set(num, name, value, at);
    }
    let cases: Vec<(&str, &str, Value, Vec<PersonNum>)> = vec![
        ("trait.city", "eq", json!("上海"), vec![ann]),
        ("trait.city", "ne", json!("上海"), vec![bob, cat]),
        ("trait.city", "in", json!(["上海", "Hangzhou"]), vec![ann, bob]),
        ("trait.city", "contains", json!("ZHOU"), vec![bob]),
        ("trait.city", "exists", json!(true), vec![ann, bob]),
        ("trait.city", "exists", json!(false), vec![cat]),
        ("trait.age", "gte", json!(17.5), vec![ann, bob]),
        ("trait.age", "lt", json!("18"), vec![bob]),
        ("trait.age", "in", json!([30]), vec![ann]),
        ("trait.member", "eq", json!(false), vec![bob]),
        ("trait.birthday", "lt", json!("1990-05-02"), vec![ann]),
        ("trait.birthday", "eq", json!("1990-05-01"), vec![ann]),
        ("until.birthday", "eq", json!(60), vec![ann]),
        ("until.birthday", "lt", json!(60), vec![]),
        ("until.birthday", "ne", json!(60), vec![bob, cat]),
        ("until.birthday", "exists", json!(true), vec![ann]),
        // The seventh of the fourth month; in 2026 that is the 23rd of May.
        ("until.birthday.lunar", "in", json!([82]), vec![ann]),
        ("until.visited", "lte", json!(364), vec![bob]),
        ("trait.visited", "eq", json!("2026-03-01"), vec![bob]),
        ("trait.visited", "gt", json!("2026-02-28T18:00:00Z"), vec![]),
        ("trait.likes", "contains", json!("tea"), vec![ann]),
        ("trait.likes", "contains", json!("te"), vec![]),
    ];
    for (field, op, value, want) in cases {
        assert_eq!(world.cond(field, op, value.clone()), want, "{field} {op} {value}");
    }
}

fn groups_combine(test: TestDb) {
    let Shop { world, ann, bob, cat } = shop(test);
    let phone = json!({"field": "has.phone", "op": "eq", "value": true});
    let bought = json!({"field": "orders.count", "op": "gte", "value": 1});
    let nothing = json!({"field": "orders.count", "op": "eq", "value": 0});
    for (rule, want) in [
        (json!({"all": [phone, bought]}), vec![ann]),
        (json!({"any": [phone, nothing]}), vec![ann, cat]),
        (json!({"not": [phone, nothing]}), vec![bob]),
        (json!({"all": [bought, {"not": [phone]}]}), vec![bob]),
        (json!({"any": [nothing, {"not": [nothing]}]}), vec![ann, bob, cat]),
        (json!({"all": [nothing, {"not": [nothing]}]}), vec![]),
        (json!({"version": 1, "not": [{"not": [phone]}]}), vec![ann]),
        (phone.clone(), vec![ann]),
    ] {
        assert_eq!(world.ask(rule.clone()), want, "{rule}");
    }
}

fn a_merged_person_counts_once(test: TestDb) {
    let Shop { world, ann, bob, cat } = shop(test);
    world.set(ann, "city", json!("上海"), world.ago(9));
    world.set(bob, "city", json!("杭州"), world.ago(2));
    let vip = world.tag("vip", None, None);
    world.give(&vip, bob);
    world.give(&vip, ann);
    let edge = world.merge(ann, bob);
    let one = world.root(ann);
    assert_eq!(one, ann, "the stronger identifier keeps");
    assert_eq!(world.cond("orders.count", "eq", json!(4)), [one]);
    assert_eq!(world.cond("orders.count", "lt", json!(4)), [cat]);
    assert_eq!(world.cond("has.member_no", "eq", json!(true)), [one]);
    assert_eq!(world.cond("trait.city", "eq", json!("杭州")), [one], "the latest value of all identities");
    assert_eq!(world.cond("trait.city", "eq", json!("上海")), [0; 0]);
    assert_eq!(world.cond("trait.city", "ne", json!("上海")), [one, cat]);
    assert_eq!(world.carriers(&vip), [one]);
    assert_eq!(world.cond("created.days", "gte", json!(10)), [one]);
    assert_eq!(world.cond("source", "eq", json!("web")), [cat], "the source of the oldest identity");
    assert_eq!(world.cond("store", "exists", json!(false)), [cat]);
    world.set(bob, "city", json!(null), world.ago(1));
    assert_eq!(world.cond("trait.city", "exists", json!(true)), [0; 0], "taken away later than it was set");
    world.split(edge);
    assert_eq!(world.cond("orders.count", "gte", json!(1)), [ann, bob]);
    assert_eq!(world.cond("trait.city", "eq", json!("上海")), [ann]);
    assert_eq!(world.carriers(&vip), [ann, bob]);
}

fn amounts_of_other_currencies_are_not_added(test: TestDb) {
    let Shop { world, ann, bob, cat } = shop(test);
    for _ in 0..3 {
        world.order_in(bob, world.ago(1), 90_000, None, "USD", "");
    }
    assert_eq!(world.cond("orders.count", "gte", json!(4)), [bob], "orders count in every currency");
    assert_eq!(world.cond("orders.count", "lt", json!(4)), [ann, cat]);
    assert_eq!(world.cond("orders.amount", "gte", json!(60_000)), [ann]);
    assert_eq!(world.cond("orders.days_since_last", "eq", json!(1)), [bob]);
    assert_eq!(world.cond("orders.days_since_first", "eq", json!(40)), [bob]);
}

fn erased_people_are_nowhere(test: TestDb) {
    let Shop { world, ann, bob, cat } = shop(test);
    let (people, now) = (world.people.clone(), world.ago(0));
    world
        .test
        .db()
        .transact(move |tx| {
            let erased = people.erase(tx, ann)?;
            let orders = siyu_commerce::detach(tx, &erased.nodes)? as i64;
            people.certify(tx, &erased, orders, "usr_1", "asked", now).map(drop)
        })
        .unwrap();
    assert_eq!(world.cond("orders.count", "gte", json!(0)), [bob, cat]);
    assert_eq!(world.cond("has.phone", "eq", json!(true)), [0; 0]);
    assert_eq!(world.cond("store", "eq", json!("S2")), [0; 0]);
    assert_eq!(world.cond("created.days", "gte", json!(0)), [bob, cat]);
    assert_eq!(world.pages(&Default::default(), Default::default(), 2, &Scope::All), [cat, bob]);
}

fn sensitive_fields_only_exist(test: TestDb) {
    let Shop { world, ann, bob, cat } = shop(test);
    world.set(ann, "id_card", json!("310101199005011234"), world.ago(2));
    world.set(bob, "id_card", json!(null), world.ago(2));
    world.set(cat, "id_card", json!("ab"), world.ago(2));
    assert_eq!(world.cond("trait.id_card", "exists", json!(true)), [ann, cat]);
    assert_eq!(world.cond("trait.id_card", "exists", json!(false)), [bob]);
    world.set(ann, "id_card", json!(null), world.ago(1));
    assert_eq!(world.cond("trait.id_card", "exists", json!(true)), [cat]);
    let rule = Rule::parse(&json!({"all": [{"field": "trait.id_card", "op": "eq", "value": "x"}]})).unwrap();
    let refusal = world.members(&rule, &Scope::All).unwrap_err();
    assert_eq!((refusal.code, refusal.field.as_deref()), ("field_sealed", Some("rule.all[0].op")));
    // Sealed while the field was sensitive: still there, still not compared.
    let people = world.people.clone();
    let patch = FieldPatch { sensitive: Some(false), ..Default::default() };
    world.test.db().transact(move |tx| people.patch_field(tx, "id_card", &patch)).unwrap();
    assert_eq!(world.cond("trait.id_card", "eq", json!("ab")), [0; 0]);
    assert_eq!(world.cond("trait.id_card", "exists", json!(true)), [cat]);
}

fn deep(levels: usize) -> Value {
    (1..levels).fold(json!({"field": "has.phone", "op": "eq", "value": true}), |inner, _| json!({"all": [inner]}))
}

fn every_bad_rule_is_named(test: TestDb) {
    let Shop { world, ann, .. } = shop(test);
    world.set(ann, "age", json!(3), world.ago(1));
    world.set(ann, "likes", json!(["a"]), world.ago(1));
    world.set(ann, "member", json!(true), world.ago(1));
    world.set(ann, "birthday", json!("2000-01-01"), world.ago(1));
    let cond =
        |field: &str, op: &str, value: Value| json!({"all": [{"any": [{"field": field, "op": op, "value": value}]}]});
    let many: Vec<Value> = (0..500).map(|_| json!({"field": "has.phone", "op": "eq", "value": true})).collect();
    let at = |end: &str| format!("rule.all[0].any[0].{end}");
    let cases: Vec<(Value, &str, String)> = vec![
        (json!([]), "rule_shape", "rule".into()),
        (json!({}), "rule_shape", "rule".into()),
        (json!({"all": [], "any": []}), "rule_shape", "rule".into()),
        (json!({"some": []}), "rule_shape", "rule".into()),
        (json!({"all": {}}), "rule_shape", "rule.all".into()),
        (json!({"version": 2, "all": []}), "rule_version", "rule.version".into()),
        (json!({"all": []}), "rule_empty", "rule.all".into()),
        (json!({"all": [{"any": []}]}), "rule_empty", "rule.all[0].any".into()),
        (json!({"all": [7]}), "rule_shape", "rule.all[0]".into()),
        (json!({"all": [{"field": 7, "op": "eq"}]}), "rule_shape", "rule.all[0].field".into()),
        (
            json!({"all": [{"field": "tag", "op": "eq", "value": "x", "extra": 1}]}),
            "rule_shape",
            "rule.all[0].extra".into(),
        ),
        (json!({"all": [{"field": "tag", "op": "like", "value": "x"}]}), "rule_operator", "rule.all[0].op".into()),
        (json!({"all": [{"field": "tag", "value": "x"}]}), "rule_operator", "rule.all[0].op".into()),
        (deep(22), "rule_too_deep", format!("rule{}", ".all[0]".repeat(20))),
        (json!({"all": many}), "rule_too_large", "rule.all[499]".into()),
        (cond("events.count", "gte", json!(1)), "rule_field", at("field")),
        (cond("orders", "gte", json!(1)), "rule_field", at("field")),
        (cond("trait.unknown", "eq", json!("x")), "rule_field", at("field")),
        (cond("has.fax", "eq", json!(true)), "rule_field", at("field")),
        (cond("category..count", "eq", json!(1)), "rule_field", at("field")),
        (cond("orders.count", "contains", json!(1)), "rule_operator", at("op")),
        (cond("trait.likes", "eq", json!("a")), "rule_operator", at("op")),
        (cond("orders.count", "gte", json!("many")), "rule_value", at("value")),
        (cond("orders.count", "gte", json!(1.5)), "rule_value", at("value")),
        (cond("orders.count", "gte", json!(-1)), "rule_value", at("value")),
        (cond("orders.count", "in", json!([])), "rule_value", at("value")),
        (cond("orders.count", "in", json!(3)), "rule_value", at("value")),
        (cond("orders.amount", "gte", json!(null)), "rule_value", at("value")),
        (cond("orders.amount", "gte", json!(i64::MAX)), "rule_value", at("value")),
        (cond("orders.days_since_last", "lt", json!(99_999)), "rule_value", at("value")),
        (cond("has.phone", "eq", json!("yes")), "rule_value", at("value")),
        (cond("trait.age", "gt", json!("old")), "rule_value", at("value")),
        (cond("trait.member", "eq", json!(1)), "rule_value", at("value")),
        (cond("trait.birthday", "eq", json!("May")), "rule_value", at("value")),
        (cond("trait.likes", "contains", json!("")), "rule_value", at("value")),
        (cond("tag", "eq", json!("tag_none")), "rule_tag", at("value")),
        (cond("store", "in", json!(["S1", "S9"])), "rule_store", at("value")),
    ];
    for (rule, code, place) in cases {
        let refusal =
            Rule::parse(&rule).and_then(|rule| world.members(&rule, &Scope::All)).expect_err(&rule.to_string());
        assert_eq!((refusal.code, refusal.field.as_deref()), (code, Some(place.as_str())), "{rule}");
        assert!(!refusal.en.is_empty() && refusal.zh.chars().any(|c| c > '\u{2e80}'), "both languages: {}", refusal.zh);
    }
    assert!(Rule::parse(&deep(20)).is_ok());
    assert_eq!(Rule::from_text("{").unwrap_err().code, "rule_json");
    let rule: Rule = serde_json::from_value(deep(3)).unwrap();
    assert_eq!(Rule::from_text(&rule.to_text()).unwrap(), rule);
    assert_eq!(rule.to_text(), r#"{"version":1,"all":[{"all":[{"field":"has.phone","op":"eq","value":true}]}]}"#);
}

fn a_rule_may_not_depend_on_itself(test: TestDb) {
    let Shop { world, .. } = shop(test);
    let a = world.tag("a", Some(&json!({"all": [{"field": "has.phone", "op": "eq", "value": true}]})), None);
    let on = |id: &str| json!({"all": [{"field": "tag", "op": "eq", "value": id}]});
    let b = world.tag("b", Some(&on(&a)), None);
    let c = world.tag("c", Some(&on(&b)), None);
    let check = |rule: &str, own: &str| {
        let rule = Rule::parse(&on(rule)).unwrap();
        world.test.db().read(|tx| world.audience.plan(tx, &rule, Some(own), &world.ctx()).map(drop)).map_err(|r| r.code)
    };
    assert_eq!([check(&a, &a), check(&c, &a), check(&b, &a)], [Err("rule_cycle"); 3]);
    assert_eq!([check(&a, &c), check(&b, &c)], [Ok(()); 2]);
}

fn the_catalogue_offers_only_what_holds(test: TestDb) {
    let Shop { world, ann, .. } = shop(test);
    for (name, value) in [("city", json!("上海")), ("age", json!(3)), ("id_card", json!("x"))] {
        world.set(ann, name, value, world.ago(1));
    }
    let tag = world.tag("vip", None, None);
    let audience = world.audience_of("phones", &json!({"field": "has.phone", "op": "eq", "value": true}));
    let fields = world.test.db().read(|tx| world.audience.fields(tx)).unwrap();
    let names: Vec<&str> = fields.iter().map(|field| field.field.as_str()).collect();
    for name in
        ["orders.count", "trait.city", "trait.id_card", "has.phone", "has.ext:tmall", "category.茶.叶.count", "source"]
    {
        assert!(names.contains(&name), "{name} in {names:?}");
    }
    let options = |name: &str| -> Vec<String> {
        let field = fields.iter().find(|field| field.field == name).unwrap();
        field.options.as_ref().unwrap().iter().map(|option| option.value.clone()).collect()
    };
    assert_eq!(
        (options("store"), options("tag"), options("source"), options("audience")),
        (vec!["S1".into(), "S2".into()], vec![tag], vec!["import".into(), "web".into()], vec![audience.id])
    );
    // Whatever is offered can be asked.
    for field in &fields {
        for op in &field.operators {
            let option = field.options.as_ref().and_then(|options| options.first()).map(|option| option.value.clone());
            let single = match serde_json::to_value(field.r#type).unwrap().as_str().unwrap() {
                "boolean" => json!(true),
                "money" | "integer" | "number" => json!(1),
                "date" | "datetime" => json!("2026-01-01"),
                _ => json!(option.unwrap_or_else(|| "x".into())),
            };
            let value = match op.name() {
                "in" => json!([single]),
                "exists" => json!(true),
                _ => single,
            };
            world.cond(&field.field, op.name(), value);
        }
    }
}

fn a_preview_respects_the_scope(test: TestDb) {
    let Shop { world, ann, bob, cat } = shop(test);
    let rule = Rule::parse(&json!({"all": [{"field": "orders.count", "op": "gte", "value": 0}]})).unwrap();
    let preview =
        |scope: &Scope| world.test.db().read(|tx| world.audience.preview(tx, &rule, scope, &world.ctx())).unwrap();
    let all = preview(&Scope::All);
    assert_eq!((all.people, all.sample), (3, vec![cat, bob, ann]));
    let s2 = preview(&Scope::Stores(vec!["S2".into()]));
    assert_eq!((s2.people, s2.sample), (1, vec![ann]));
    assert_eq!(preview(&Scope::Stores(vec![])).people, 0);
}

fn summaries_read_like_sentences(test: TestDb) {
    let Shop { world, ann, .. } = shop(test);
    world.set(ann, "city", json!("上海"), world.ago(1));
    let tag = world.tag("vip", None, None);
    let rule = json!({"all": [
        {"field": "orders.amount", "op": "gte", "value": 50_000},
        {"any": [{"field": "has.phone", "op": "eq", "value": true}, {"field": "trait.city", "op": "in", "value": ["上海", "杭州"]}]},
        {"not": [{"field": "tag", "op": "eq", "value": tag}]}
    ]});
    let rule = Rule::parse(&rule).unwrap();
    let summary = |lang| {
        let ctx = siyu_audience::Ctx { lang, ..world.ctx() };
        world.test.db().read(|tx| world.audience.plan(tx, &rule, None, &ctx)).unwrap().summary
    };
    assert_eq!(
        summary(siyu_audience::Lang::Zh),
        "消费金额 ≥ 500.00 CNY 且 (有手机号 或 城市 属于 上海、杭州) 且 非(标签 = vip)"
    );
    assert_eq!(
        summary(siyu_audience::Lang::En),
        "Amount spent ≥ 500.00 CNY and (Has phone or city is one of 上海, 杭州) and not (Tag = vip)"
    );
}
