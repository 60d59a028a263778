//! Profile fields: what is known about each trait's name.

use crate::People;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use siyu_db::{DbError, Tx, params};
use siyu_kernel::{Refusal, Time};
use std::sync::Arc;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FieldType {
    Text,
    Number,
    Boolean,
    Date,
    Datetime,
    List,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Field {
    pub name: String,
    pub r#type: FieldType,
    pub label_zh: String,
    pub label_en: String,
    /// Sealed at rest, masked for readers without the right to see it.
    pub sensitive: bool,
    /// Values of another type are refused (and quarantined), not stored.
    pub locked: bool,
}

/// `None` leaves as it is.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct FieldPatch {
    pub r#type: Option<FieldType>,
    pub label_zh: Option<String>,
    pub label_en: Option<String>,
    pub sensitive: Option<bool>,
    pub locked: Option<bool>,
}

/// By name.
#[derive(Clone, Default)]
pub struct FieldTable(pub FxHashMap<String, Field>);

pub const NAME_BYTES_MAX: usize = 64;

const LABELS: [(&str, &str); 16] = [
    ("name", "姓名"),
    ("nickname", "昵称"),
    ("phone", "手机号"),
    ("mobile", "手机号"),
    ("email", "邮箱"),
    ("gender", "性别"),
    ("birthday", "生日"),
    ("city", "城市"),
    ("province", "省份"),
    ("address", "地址"),
    ("age", "年龄"),
    ("company", "公司"),
    ("avatar", "头像"),
    ("remark", "备注"),
    ("income", "收入"),
    ("level", "等级"),
];
/// Fields of these names are sensitive from the start.
pub(crate) const SENSITIVE: [&str; 14] = [
    "phone",
    "mobile",
    "telephone",
    "email",
    "id_card",
    "idcard",
    "id_number",
    "address",
    "bank_card",
    "手机",
    "手机号",
    "邮箱",
    "身份证",
    "地址",
];

impl FieldType {
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Date => "date",
            Self::Datetime => "datetime",
            Self::List => "list",
        }
    }
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Text, Self::Number, Self::Boolean, Self::Date, Self::Datetime, Self::List]
            .into_iter()
            .find(|t| t.name() == name)
    }
    pub fn of(value: &Value) -> Self {
        match value {
            Value::Number(_) => Self::Number,
            Value::Bool(_) => Self::Boolean,
            Value::Array(_) => Self::List,
            Value::String(text) if is_date(text) => Self::Date,
            Value::String(text) if text.len() >= 19 && Time::parse(text).is_ok() => Self::Datetime,
            _ => Self::Text,
        }
    }
    fn accepts(self, value: &Value) -> bool {
        value.is_null()
            || Self::of(value) == self
            || (self == Self::Text && value.is_string())
            || (self == Self::Datetime && Self::of(value) == Self::Date)
    }
}

fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 10 && bytes[4] == b'-' && bytes[7] == b'-' && Time::parse(&format!("{text}T00:00:00Z")).is_ok()
}

impl FieldTable {
    pub(crate) fn load(tx: &mut Tx<'_>) -> Result<Self, DbError> {
        let rows = tx.query(FIELD, &[], field_row)?;
        Ok(Self(rows.into_iter().map(|field| (field.name.clone(), field)).collect()))
    }
    /// Refuses a value whose field is locked to another type.
    pub fn check(&self, name: &str, value: &Value) -> Result<(), Refusal> {
        match self.0.get(name) {
            Some(field) if field.locked && !field.r#type.accepts(value) => Err(Refusal::invalid(
                "trait_type",
                format!("The field {name} is locked to type {}; another type came in.", field.r#type.name()),
                format!("字段 {name} 已锁定为 {} 类型，收到的值类型不符。", field.r#type.name()),
            )
            .field(format!("traits.{name}"))),
            _ => Ok(()),
        }
    }
}

impl Field {
    pub fn guessed(name: &str, value: &Value) -> Self {
        let lower = name.to_lowercase();
        let zh = LABELS.iter().find(|(key, _)| *key == lower).map_or(name, |(_, label)| label);
        Self {
            name: name.to_owned(),
            r#type: FieldType::of(value),
            label_zh: zh.to_owned(),
            label_en: name.to_owned(),
            sensitive: SENSITIVE.contains(&lower.as_str()),
            locked: false,
        }
    }
}

impl People {
    pub fn field_table(&self) -> Arc<FieldTable> {
        self.inner.fields.read().unwrap_or_else(|broken| broken.into_inner()).clone()
    }
    pub fn fields(&self) -> Vec<Field> {
        let mut fields: Vec<Field> = self.field_table().0.values().cloned().collect();
        fields.sort_by(|a, b| a.name.cmp(&b.name));
        fields
    }
    /// Makes a field before any value of it came in.
    pub fn create_field(&self, tx: &mut Tx<'_>, field: Field, now: Time) -> Result<Field, Refusal> {
        if field.name.is_empty() || field.name.len() > NAME_BYTES_MAX || field.name.chars().any(char::is_control) {
            return Err(Refusal::invalid(
                "field_name",
                "A field's name has 1 to 64 bytes and no control characters.",
                "字段名须为 1 到 64 字节，且不含控制字符。",
            )
            .field("name"));
        }
        if self.field_table().0.contains_key(&field.name) {
            return Err(
                Refusal::conflict("field_exists", "A field of this name exists.", "同名字段已存在。").field("name")
            );
        }
        self.put_fields(tx, vec![field.clone()], now)?;
        Ok(field)
    }
    /// Making a field sensitive seals the values that are stored, too. Making it plain again leaves them sealed until they are set again.
    pub fn patch_field(&self, tx: &mut Tx<'_>, name: &str, patch: &FieldPatch) -> Result<Field, Refusal> {
        let mut field = self
            .field_table()
            .0
            .get(name)
            .cloned()
            .ok_or_else(|| Refusal::not_found("field_unknown", "There is no such field.", "没有该字段。"))?;
        if let Some(value) = patch.r#type {
            field.r#type = value;
        }
        if let Some(value) = &patch.label_zh {
            field.label_zh.clone_from(value);
        }
        if let Some(value) = &patch.label_en {
            field.label_en.clone_from(value);
        }
        field.sensitive = patch.sensitive.unwrap_or(field.sensitive);
        field.locked = patch.locked.unwrap_or(field.locked);
        tx.execute(
            "UPDATE person_field SET type = $1, label_zh = $2, label_en = $3, sensitive = $4, locked = $5 WHERE name = $6",
            params![field.r#type.name(), &field.label_zh, &field.label_en, field.sensitive, field.locked, name],
        )?;
        if field.sensitive {
            self.reseal(tx, name)?;
        }
        tx.announce()?;
        self.remember(tx, vec![field.clone()]);
        Ok(field)
    }
    pub(crate) fn put_fields(&self, tx: &mut Tx<'_>, mut fields: Vec<Field>, now: Time) -> Result<(), DbError> {
        // One order for everybody: two units that bring the same new fields wait for each other instead of dead-locking.
        fields.sort_by(|a, b| a.name.cmp(&b.name));
        for field in &mut fields {
            let new = tx.execute(
                "INSERT INTO person_field (name, type, label_zh, label_en, sensitive, locked, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (name) DO NOTHING",
                params![&field.name, field.r#type.name(), &field.label_zh, &field.label_en, field.sensitive, field.locked, now],
            )?;
            if new == 0 {
                // Another unit made it first, perhaps as a sensitive one.
                *field = tx.one(&format!("{FIELD} WHERE name = $1"), params![&field.name], field_row)?;
            }
        }
        tx.announce()?;
        self.remember(tx, fields);
        Ok(())
    }
    fn remember(&self, tx: &mut Tx<'_>, fields: Vec<Field>) {
        let before: Vec<(String, Option<Field>)> = {
            let table = self.field_table();
            fields.iter().map(|field| (field.name.clone(), table.0.get(&field.name).cloned())).collect()
        };
        self.inner.change_fields(fields.into_iter().map(|field| (field.name.clone(), Some(field))));
        let inner = Arc::clone(&self.inner);
        // Field by field: other units may have brought theirs meanwhile.
        tx.on_rollback(move || inner.change_fields(before.into_iter()));
    }
}

impl crate::Inner {
    fn change_fields(&self, changes: impl Iterator<Item = (String, Option<Field>)>) {
        let mut held = self.fields.write().unwrap_or_else(|broken| broken.into_inner());
        let table = Arc::make_mut(&mut held);
        for (name, field) in changes {
            match field {
                Some(field) => drop(table.0.insert(name, field)),
                None => drop(table.0.remove(&name)),
            }
        }
    }
}

const FIELD: &str = "SELECT name, type, label_zh, label_en, sensitive, locked FROM person_field";

fn field_row(row: siyu_db::RowRef<'_>) -> Result<Field, DbError> {
    let r#type = FieldType::parse(&row.text(1)?).unwrap_or(FieldType::Text);
    Ok(Field {
        name: row.text(0)?,
        r#type,
        label_zh: row.text(2)?,
        label_en: row.text(3)?,
        sensitive: row.flag(4)?,
        locked: row.flag(5)?,
    })
}
