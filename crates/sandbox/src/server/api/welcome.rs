//! Welcome messages, the attachments they share with mass messages, and material for group welcomes.

use super::{Endpoint, post};
use crate::ids::Id;
use crate::server::call::{Call, Code, ok, refuse, refuse_because};
use serde_json::{Value, json};

pub const ENDPOINTS: &[Endpoint] = &[
    post("externalcontact/send_welcome_msg", &[], |call| {
        let code = call.need("welcome_code", 41049)?.to_owned();
        let (text, _) = content(call, 4000)?;
        let text = text["content"].as_str().unwrap_or("[附件]").to_owned();
        call.world.send_welcome(&code, &text).map_err(Code::of)?;
        ok()
    }),
    post("externalcontact/group_welcome_template/add", &[], |call| {
        if call.office.group_welcomes.iter().flatten().count() >= 100 {
            return refuse(41055);
        }
        let material = material(call)?;
        call.office.group_welcomes.push(Some(material));
        Ok(json!({ "template_id": call.world.id(Id::GroupWelcome, call.office.group_welcomes.len() - 1) }))
    }),
    post("externalcontact/group_welcome_template/edit", &[], |call| {
        let number = known(call)?;
        call.office.group_welcomes[number] = Some(material(call)?);
        ok()
    }),
    post("externalcontact/group_welcome_template/get", &[], |call| {
        let number = known(call)?;
        let mut shown = call.office.group_welcomes[number].clone().unwrap_or_default();
        for name in ["template_id", "agentid", "notify"] {
            shown.remove(name);
        }
        if let Some(image) = shown.get_mut("image") {
            *image =
                json!({ "pic_url": image["pic_url"].as_str().unwrap_or("https://wework.qpic.cn/bizmail/sandbox/0") });
        }
        Ok(Value::Object(shown))
    }),
    post("externalcontact/group_welcome_template/del", &[], |call| {
        let number = known(call)?;
        call.office.group_welcomes[number] = None;
        ok()
    }),
];

fn known(call: &Call<'_>) -> Result<usize, Code> {
    let number =
        call.find(Id::GroupWelcome, call.need("template_id", 40058)?, call.office.group_welcomes.len(), 40058)?;
    if call.office.group_welcomes[number].is_some() { Ok(number) } else { refuse_because(40058, "template_id") }
}

/// Text and one other thing.
fn material(call: &Call<'_>) -> Result<serde_json::Map<String, Value>, Code> {
    let kinds = ["image", "link", "miniprogram", "file", "video"];
    if call.value("text").is_none() && kinds.iter().all(|kind| call.value(kind).is_none()) {
        return refuse(40063);
    }
    if call.value("text").is_some_and(|text| text["content"].as_str().is_some_and(|content| content.len() > 3000)) {
        return refuse(45002);
    }
    let mut kept = call.body.clone();
    if let Some(kind) = kinds.iter().find(|kind| call.value(kind).is_some()) {
        attachment(call, kind, &call.body[*kind])?;
        for other in kinds.iter().filter(|other| *other != kind) {
            kept.remove(*other);
        }
    }
    Ok(kept)
}

/// Text and attachments of a welcome or a mass message, checked; not both may be empty.
pub fn content(call: &Call<'_>, bytes: usize) -> Result<(Value, Value), Code> {
    let text = call.value("text").cloned().unwrap_or_else(|| json!({}));
    let words = text["content"].as_str().unwrap_or_default();
    let attachments = call.value("attachments").cloned().unwrap_or_else(|| json!([]));
    let list = attachments.as_array().ok_or_else(|| Code::of(41065))?;
    if words.is_empty() && list.is_empty() {
        return refuse_because(40063, "text and attachments both empty");
    }
    if words.len() > bytes {
        return refuse(45002);
    }
    if list.len() > 9 {
        return refuse(41064);
    }
    for one in list {
        let kind = one["msgtype"].as_str().unwrap_or_default();
        attachment(call, kind, &one[kind])?;
    }
    Ok((text, attachments))
}

fn attachment(call: &Call<'_>, kind: &str, of: &Value) -> Result<(), Code> {
    let text = |name: &str| of[name].as_str().unwrap_or_default();
    let short = |name: &str, bytes: usize| if text(name).len() > bytes { refuse_because(45002, name) } else { Ok(()) };
    let media = |name: &str| super::media::check(call, text(name), 0);
    match kind {
        "image" => match (text("media_id"), text("pic_url")) {
            ("", "") => refuse(40007),
            ("", url) if url.contains("qpic.cn/") || url.starts_with("http") && url.contains("/sandbox") => Ok(()),
            ("", _) => refuse_because(40007, "pic_url"),
            _ => media("media_id"),
        },
        "link" => {
            short("title", 128)?;
            short("picurl", 2048)?;
            short("desc", 512)?;
            short("url", 2048)?;
            if text("title").is_empty() || text("url").is_empty() { refuse_because(40063, "link") } else { Ok(()) }
        }
        "miniprogram" => {
            short("title", 64)?;
            if text("appid").is_empty() || text("page").is_empty() {
                return refuse_because(40063, "miniprogram");
            }
            media("pic_media_id")
        }
        "video" | "file" => media("media_id"),
        _ => refuse(41065),
    }
}
