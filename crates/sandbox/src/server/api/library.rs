//! Product album and intercept rules.

use super::{Endpoint, get, post};
use crate::ids::Id;
use crate::server::call::{Call, Code, numbers, ok, refuse, refuse_because, strings};
use serde_json::{Map, Value, json};

pub const ENDPOINTS: &[Endpoint] = &[
    post("externalcontact/add_product_album", &[], |call| {
        let product = product(call, None)?;
        call.office.albums.push(Some(product));
        Ok(json!({ "product_id": call.world.id(Id::Product, call.office.albums.len() - 1) }))
    }),
    post("externalcontact/get_product_album", &[], |call| {
        let number = known_product(call)?;
        Ok(json!({ "product": show_product(call, number) }))
    }),
    post("externalcontact/get_product_album_list", &["product_list"], |call| {
        let all = (0..call.office.albums.len()).filter(|&n| call.office.albums[n].is_some());
        let (page, next) = call.page(all.map(|n| (n, show_product(call, n))), call.limit(50, 100))?;
        Ok(json!({ "product_list": page, "next_cursor": next }))
    }),
    post("externalcontact/update_product_album", &[], |call| {
        let number = known_product(call)?;
        let before = call.office.albums[number].clone();
        call.office.albums[number] = Some(product(call, before)?);
        ok()
    }),
    post("externalcontact/delete_product_album", &[], |call| {
        let number = known_product(call)?;
        call.office.albums[number] = None;
        ok()
    }),
    post("externalcontact/add_intercept_rule", &[], |call| {
        if call.office.rules.iter().flatten().count() >= 100 {
            return refuse(41069);
        }
        let rule = rule(call, None)?;
        call.office.rules.push(Some(rule));
        Ok(json!({ "rule_id": call.world.id(Id::Rule, call.office.rules.len() - 1) }))
    }),
    get("externalcontact/get_intercept_rule_list", &["rule_list"], |call| {
        let all = call.office.rules.iter().enumerate().filter_map(|(at, rule)| {
            let rule = rule.as_ref()?;
            Some(json!({ "rule_id": call.world.id(Id::Rule, at), "rule_name": rule["rule_name"], "create_time": rule["create_time"] }))
        });
        Ok(json!({ "rule_list": all.collect::<Vec<_>>() }))
    }),
    post("externalcontact/get_intercept_rule", &[], |call| {
        let number = known_rule(call)?;
        let rule = call.office.rules[number].clone().unwrap_or_default();
        Ok(json!({ "rule": {
            "rule_id": call.world.id(Id::Rule, number), "rule_name": rule["rule_name"], "word_list": rule["word_list"],
            "extra_rule": { "semantics_list": rule["semantics_list"] }, "intercept_type": rule["intercept_type"], "applicable_range": rule["applicable_range"]
        } }))
    }),
    post("externalcontact/update_intercept_rule", &[], |call| {
        let number = known_rule(call)?;
        let before = call.office.rules[number].clone();
        call.office.rules[number] = Some(rule(call, before)?);
        ok()
    }),
    post("externalcontact/del_intercept_rule", &[], |call| {
        let number = known_rule(call)?;
        call.office.rules[number] = None;
        ok()
    }),
];

fn known_product(call: &Call<'_>) -> Result<usize, Code> {
    let number = call.find(Id::Product, call.need("product_id", 41075)?, call.office.albums.len(), 41075)?;
    if call.office.albums[number].is_some() { Ok(number) } else { refuse(41075) }
}
fn show_product(call: &Call<'_>, number: usize) -> Value {
    let mut shown = call.office.albums[number].clone().unwrap_or_default();
    shown.insert("product_id".into(), call.world.id(Id::Product, number).into());
    Value::Object(shown)
}

/// The product as it is after the call.
fn product(call: &Call<'_>, before: Option<Map<String, Value>>) -> Result<Map<String, Value>, Code> {
    let fresh = before.is_none();
    let mut product = before.unwrap_or_default();
    for name in ["description", "price", "product_sn", "attachments"] {
        if let Some(value) = call.value(name) {
            product.insert(name.into(), value.clone());
        }
    }
    let text = |name: &str| product.get(name).and_then(Value::as_str).unwrap_or_default();
    if text("description").is_empty() || text("description").chars().count() > 300 {
        return refuse(41073);
    }
    if !product.get("price").and_then(Value::as_i64).is_some_and(|fen| (1..=5_000_000).contains(&fen)) {
        return refuse(41086);
    }
    if text("product_sn").len() > 128 || !text("product_sn").bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return refuse(41085);
    }
    let images = product.get("attachments").and_then(Value::as_array).cloned().unwrap_or_default();
    if images.is_empty() || images.len() > 9 {
        return refuse(41064);
    }
    for one in images.iter().filter(|_| fresh || call.value("attachments").is_some()) {
        if one["type"] != "image" {
            return refuse(41065);
        }
        super::media::check(call, one["image"]["media_id"].as_str().unwrap_or_default(), 2)?;
    }
    product.entry("create_time").or_insert_with(|| call.seconds().into());
    Ok(product)
}

fn known_rule(call: &Call<'_>) -> Result<usize, Code> {
    let number = call.find(Id::Rule, call.need("rule_id", 41070)?, call.office.rules.len(), 41070)?;
    if call.office.rules[number].is_some() { Ok(number) } else { refuse(41070) }
}

/// The rule as it is after the call.
fn rule(call: &Call<'_>, before: Option<Map<String, Value>>) -> Result<Map<String, Value>, Code> {
    let mut rule = before.unwrap_or_default();
    for name in ["rule_name", "word_list", "semantics_list", "intercept_type", "applicable_range"] {
        if let Some(value) = call.value(name) {
            rule.insert(name.into(), value.clone());
        }
    }
    if let Some(extra) = call.value("extra_rule") {
        rule.insert("semantics_list".into(), extra["semantics_list"].clone());
    }
    let name = rule.get("rule_name").and_then(Value::as_str).unwrap_or_default().to_owned();
    if name.is_empty() || name.chars().count() > 20 {
        return refuse_because(40058, "rule_name");
    }
    let same = |other: &Map<String, Value>| {
        other["rule_name"] == name.as_str() && other.get("create_time") != rule.get("create_time")
    };
    if call.office.rules.iter().flatten().any(same) {
        return refuse(41077);
    }
    let words = rule.get("word_list").map_or_else(Vec::new, strings);
    match words.len() {
        0 => return refuse(41083),
        1..=300 => {}
        _ => return refuse(41068),
    }
    if words.iter().any(|word| word.is_empty() || word.chars().count() > 32) {
        return refuse(41083);
    }
    let mut range = rule.get("applicable_range").cloned().unwrap_or_else(|| json!({}));
    for (change, adds) in [("add_applicable_range", true), ("remove_applicable_range", false)] {
        let Some(change) = call.value(change) else { continue };
        let (users, departments) = (strings(&change["user_list"]), numbers(&change["department_list"]));
        let mut have = (strings(&range["user_list"]), numbers(&range["department_list"]));
        have.0.retain(|user| !users.contains(user));
        have.1.retain(|department| !departments.contains(department));
        if adds {
            have.0.extend(users);
            have.1.extend(departments);
        }
        range = json!({ "user_list": have.0, "department_list": have.1 });
    }
    if strings(&range["user_list"]).is_empty() && numbers(&range["department_list"]).is_empty() {
        return refuse_because(40058, "applicable_range");
    }
    rule.insert("applicable_range".into(), range);
    rule.entry("semantics_list").or_insert_with(|| json!([]));
    rule.entry("intercept_type").or_insert_with(|| 1.into());
    // Two rules made in the same second are still two: the time carries the number of the rule in its fraction.
    let order = call.office.rules.len();
    rule.entry("create_time").or_insert_with(|| (call.seconds() + order as i64).into());
    Ok(rule)
}
