//! One call of the API: its parameters read leniently, its refusals in the platform's codes.

use super::office::Office;
use crate::happening::*;
use crate::ids::Id;
use crate::world::World;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};
use siyu_kernel::Time;
use std::collections::HashMap;

/// An errcode, with words of ours when the table's do not say enough.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code(pub i64, pub String);

impl Code {
    pub fn of(code: i64) -> Self {
        Self(code, meaning(code).to_owned())
    }
}
pub fn refuse<T>(code: i64) -> Result<T, Code> {
    Err(Code::of(code))
}
pub fn refuse_because<T>(code: i64, why: &str) -> Result<T, Code> {
    Err(Code(code, format!("{}: {why}", meaning(code))))
}
/// What a call answers besides errcode and errmsg.
pub type Answer = Result<Value, Code>;
pub fn ok() -> Answer {
    Ok(json!({}))
}

pub struct Call<'a> {
    pub world: &'a mut World,
    pub office: &'a mut Office,
    pub query: &'a HashMap<String, String>,
    pub body: &'a Map<String, Value>,
    pub now: Time,
    /// Which secret the token belongs to: false is the contacts-sync one.
    pub app: bool,
    /// Where the caller has found this server: `http://` and what it asked for as the host.
    pub origin: &'a str,
}

impl Call<'_> {
    pub fn seconds(&self) -> i64 {
        crate::calendar::seconds(self.now)
    }
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.body.get(name).filter(|value| !value.is_null())
    }
    pub fn text(&self, name: &str) -> Option<&str> {
        self.value(name).and_then(Value::as_str)
    }
    /// A text that must be there and not be empty.
    pub fn need(&self, name: &str, code: i64) -> Result<&str, Code> {
        match self.text(name) {
            Some(text) if !text.is_empty() => Ok(text),
            _ => refuse_because(code, &format!("field {name} unexpected empty string")),
        }
    }
    /// A query parameter that must be there.
    pub fn asked(&self, name: &str, code: i64) -> Result<&str, Code> {
        match self.query.get(name) {
            Some(text) if !text.is_empty() => Ok(text),
            _ => refuse_because(code, name),
        }
    }
    /// Numbers may come as text.
    pub fn int(&self, name: &str) -> Option<i64> {
        self.value(name).and_then(|value| value.as_i64().or_else(|| value.as_str()?.parse().ok()))
    }
    pub fn flag(&self, name: &str) -> Option<bool> {
        self.value(name).and_then(|value| value.as_bool().or_else(|| value.as_i64().map(|n| n != 0)))
    }
    pub fn texts(&self, name: &str) -> Vec<String> {
        self.value(name).map_or_else(Vec::new, strings)
    }
    pub fn ints(&self, name: &str) -> Vec<i64> {
        self.value(name).map_or_else(Vec::new, numbers)
    }
    pub fn within(&self, name: &str, chars: usize) -> Result<String, Code> {
        let text = self.text(name).unwrap_or_default();
        if text.chars().count() > chars { refuse_because(45002, name) } else { Ok(text.to_owned()) }
    }

    pub fn member(&self, userid: &str) -> Result<StaffNo, Code> {
        self.world.member(userid).ok_or_else(|| Code::of(60111))
    }
    /// A member who may have customers.
    pub fn serving(&self, userid: &str) -> Result<StaffNo, Code> {
        let staff = self.member(userid)?;
        match self.world.staff[staff].status as i64 {
            4 => refuse(41054),
            5 => refuse(60111),
            _ if !self.world.serves(staff) => refuse(84074),
            _ => Ok(staff),
        }
    }
    pub fn customer(&self, external_userid: &str) -> Result<PersonNo, Code> {
        self.world.person(external_userid).ok_or_else(|| Code::of(40096))
    }
    pub fn pair(&self) -> Result<RelationNo, Code> {
        let staff = self.member(self.need("userid", 40003)?)?;
        let person = self.customer(self.need("external_userid", 41035)?)?;
        self.world.friends(staff, person).ok_or_else(|| Code::of(84061))
    }
    pub fn group(&self, name: &str) -> Result<GroupNo, Code> {
        self.world.group(self.need(name, 40058)?).ok_or_else(|| Code::of(86001))
    }
    pub fn find(&self, kind: Id, id: &str, most: usize, code: i64) -> Result<usize, Code> {
        self.world.number(kind, id).filter(|&n| n < most).ok_or_else(|| Code::of(code))
    }

    /// How many a page holds: what was asked for, at most `most`.
    pub fn limit(&self, usual: usize, most: usize) -> usize {
        self.int("limit").filter(|&n| n > 0).map_or(usual, |n| (n as usize).min(most))
    }
    /// Where the page begins.
    pub fn cursor(&self) -> Result<usize, Code> {
        read_cursor(self.text("cursor").unwrap_or_default())
    }
    /// A page of a list that is counted through, and the cursor of the next: "" at the end.
    pub fn page<T>(&self, all: impl Iterator<Item = (usize, T)>, limit: usize) -> Result<(Vec<T>, String), Code> {
        let from = self.cursor()?;
        let mut page = Vec::new();
        for (at, item) in all.skip_while(|(at, _)| *at < from) {
            if page.len() == limit {
                return Ok((page, cursor(at)));
            }
            page.push(item);
        }
        Ok((page, String::new()))
    }
    /// A span of time of at most `days`.
    pub fn span(&self, days: i64) -> Result<(i64, i64), Code> {
        let (Some(from), Some(to)) = (self.int("start_time"), self.int("end_time")) else {
            return refuse_because(40058, "start_time, end_time");
        };
        if from > to || to - from > days * 86_400 + 86_399 {
            return refuse_because(40058, "time range");
        }
        Ok((from, to))
    }
}

pub fn strings(value: &Value) -> Vec<String> {
    let list = value.as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}
pub fn numbers(value: &Value) -> Vec<i64> {
    value.as_array().map(Vec::as_slice).unwrap_or_default().iter().filter_map(Value::as_i64).collect()
}

/// Opaque to the caller: the place of the next item, with a mark of ours.
pub fn cursor(place: usize) -> String {
    URL_SAFE_NO_PAD.encode(format!("siyu-sandbox:{place:010}"))
}
pub fn read_cursor(text: &str) -> Result<usize, Code> {
    if text.is_empty() {
        return Ok(0);
    }
    let bytes = URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let place =
        bytes.as_deref().and_then(|text| text.strip_prefix("siyu-sandbox:")).and_then(|place| place.parse().ok());
    place.ok_or_else(|| Code(40035, "invalid parameter: cursor".into()))
}

/// The official words, shortened; they are for people.
fn meaning(code: i64) -> &'static str {
    match code {
        -1 => "system busy",
        40001 => "invalid credential",
        40003 => "invalid userid",
        40007 => "invalid media_id",
        40008 => "invalid msgtype",
        40013 => "invalid corpid",
        40014 => "invalid access_token",
        40029 => "invalid code",
        40032 => "invalid userid list length",
        40035 => "invalid parameter",
        40056 => "invalid agentid",
        40057 => "invalid callback url",
        40058 => "invalid args",
        40063 => "some parameters are empty",
        40068 => "invalid tagid",
        40071 => "invalid tag name: name already exists",
        40072 => "invalid tag name length",
        40096 => "invalid external userid",
        40098 => "user not realname authenticated",
        40099 => "user's external contact count reach limit",
        40100 => "external contact is being transferred",
        40126 => "corp tag count reach limit",
        40128 => "external contact transferred too often",
        41001 => "access_token missing",
        41004 => "corpsecret missing",
        41035 => "external userid missing",
        41037 => "contact way type missing",
        41038 => "invalid contact way type",
        41039 => "contact way scene missing",
        41040 => "invalid contact way scene",
        41041 => "contact way user count exceed limit",
        41042 => "invalid contact way style",
        41043 => "contact way config id missing",
        41044 => "invalid config id",
        41045 => "contact way count reach limit",
        41046 => "msgid missing",
        41047 => "invalid msgid",
        41048 => "no external contact to send",
        41049 => "welcome code missing",
        41050 => "invalid welcome code",
        41051 => "externaluser has started chatting",
        41054 => "user not activated",
        41055 => "group welcome template count reach limit",
        41056 => "invalid external userid type",
        41058 => "no privilege to group welcome template",
        41059 => "moment_id missing",
        41060 => "invalid moment_id",
        41061 => "moment not published by this user",
        41062 => "moment not published yet",
        41063 => "group msg is being dispatched, please try again later",
        41064 => "too many attachments",
        41065 => "invalid attachment type",
        41068 => "intercept word list too long",
        41069 => "too many intercept rules",
        41070 => "invalid intercept rule id",
        41072 => "media_type does not match attachment_type",
        41073 => "invalid product description",
        41075 => "invalid product id",
        41077 => "intercept rule name duplicate",
        41079 => "moment is being dispatched",
        41080 => "invalid media size",
        41083 => "invalid intercept word",
        41085 => "invalid product sn",
        41086 => "invalid product price",
        41089 => "moment text and attachments both empty",
        41091 => "join way chat count exceed limit",
        41093 => "group msg has been canceled",
        41094 => "remind too frequently",
        42001 => "access_token expired",
        43004 => "require bind wechat",
        43012 => "callback url required for interactive card",
        44001 => "empty media data",
        44004 => "empty content",
        45001 => "media size out of limit",
        45002 => "content size out of limit",
        45009 => "api freq out of limit",
        45033 => "api concurrent out of limit",
        45035 => "concurrent operation conflict",
        46004 => "user not exist",
        48002 => "api forbidden",
        60011 => "no privilege to access/modify contact/party/agent",
        60020 => "not allow to access from your ip",
        60111 => "userid not found",
        60123 => "invalid party id",
        60136 => "record not found",
        81013 => "user & party & tag all invalid",
        81017 => "too many owners, please use owner_filter",
        82001 => "no receiver",
        84014 => "user_ticket expired",
        84015 => "invalid user_ticket",
        84061 => "not external contact",
        84074 => "no external contact permission",
        84084 => "not follow user",
        86001 => "invalid chatid",
        90500 => "the owner of this chat is not resigned",
        90501 => "not a customer group",
        90502 => "the owner of this chat is resigned",
        90504 => "new owner is the owner",
        90508 => "chat already inherited",
        301002 => "not allow operate another agent with this accesstoken",
        301053 => "chat archive not enabled",
        42014 => "invalid task_id",
        42017 => "invalid response_code",
        _ => "error",
    }
}
