//! What the rule builder offers.

use crate::Audience;
use crate::fields::{LifeField, Target, ValueType};
use crate::rule::Op;
use crate::search::external_kinds;
use serde::Serialize;
use siyu_calendar::Yearly;
use siyu_db::{DbError, Tx, params};
use siyu_kernel::{Kind, Refusal};

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FieldInfo {
    pub field: String,
    pub label_zh: String,
    pub label_en: String,
    pub r#type: ValueType,
    /// The first one is what a form starts with.
    pub operators: Vec<Op>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub options: Option<Vec<FieldOption>>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FieldOption {
    pub value: String,
    pub label_zh: String,
    pub label_en: String,
}

/// Sources and external systems are looked for among this many of the newest and of the oldest identities.
const SAMPLE: i64 = 20_000;
const OPTIONS_MAX: i64 = 500;
const CATEGORIES_MAX: i64 = 200;

impl Audience {
    /// Everything a rule can ask in this workspace, in the order a form shows it.
    pub fn fields(&self, tx: &mut Tx<'_>) -> Result<Vec<FieldInfo>, Refusal> {
        let mut targets = vec![
            Target::Count,
            Target::Amount,
            Target::Net,
            Target::Average,
            Target::SinceLast,
            Target::SinceFirst,
            Target::Tag,
            Target::Store,
            Target::CreatedDays,
            Target::Source,
            Target::Audience,
        ];
        targets.extend(LifeField::all().map(Target::Life));
        for field in self.people.fields() {
            let returns = [Yearly::Solar, Yearly::Lunar].map(|by| Target::until(&field, by));
            targets.push(Target::of_trait(field));
            targets.extend(returns.into_iter().flatten());
        }
        targets.extend(Kind::NAMED.into_iter().chain(external_kinds(tx, SAMPLE)?).map(Target::Has));
        let sql = "SELECT DISTINCT category FROM product WHERE category IS NOT NULL AND category <> '' ORDER BY category LIMIT $1";
        targets.extend(tx.query(sql, params![CATEGORIES_MAX], |row| row.text(0))?.into_iter().map(Target::Category));
        let mut out = Vec::with_capacity(targets.len());
        for target in targets {
            let options = self.options(tx, &target)?;
            let (label_zh, label_en) = target.labels();
            let (r#type, operators) = (target.value_type(), target.operators().to_vec());
            out.push(FieldInfo { field: target.name(), label_zh, label_en, r#type, operators, options });
        }
        Ok(out)
    }
    fn options(&self, tx: &mut Tx<'_>, target: &Target) -> Result<Option<Vec<FieldOption>>, DbError> {
        let named = |value: String, label: String| FieldOption { value, label_zh: label.clone(), label_en: label };
        Ok(match target {
            Target::Tag => Some(
                self.people
                    .tags(tx)?
                    .into_iter()
                    .map(|tag| named(tag.id, format!("{} / {}", tag.group, tag.name)))
                    .collect(),
            ),
            Target::Store => {
                let sql = "SELECT code, name FROM store ORDER BY code LIMIT $1";
                let label = |code: String, name: String| {
                    if name == code { named(code, name) } else { named(code.clone(), format!("{name} ({code})")) }
                };
                Some(tx.query(sql, params![OPTIONS_MAX], |row| Ok(label(row.text(0)?, row.text(1)?)))?)
            }
            Target::Life(field) => {
                let option = |(value, zh, en): &(&str, &str, &str)| FieldOption {
                    value: (*value).to_owned(),
                    label_zh: (*zh).to_owned(),
                    label_en: (*en).to_owned(),
                };
                Some(field.options().iter().map(option).collect::<Vec<_>>()).filter(|options| !options.is_empty())
            }
            Target::Audience => {
                let sql = "SELECT id, name FROM audience ORDER BY num DESC LIMIT $1";
                Some(tx.query(sql, params![OPTIONS_MAX], |row| Ok(named(row.text(0)?, row.text(1)?)))?)
            }
            Target::Source => Some(sources(tx)?.into_iter().map(|source| named(source.clone(), source)).collect()),
            _ => None,
        })
    }
}

fn sources(tx: &mut Tx<'_>) -> Result<Vec<String>, DbError> {
    let newest = tx.one("SELECT COALESCE(MAX(num), 0) FROM person", &[], |row| row.int(0))?;
    let mut sources = Vec::new();
    for (from, to) in [(0, SAMPLE), (newest - SAMPLE, newest)] {
        let sql = "SELECT DISTINCT source FROM person WHERE num > $1 AND num <= $2 AND state = 0 LIMIT $3";
        sources.extend(tx.query(sql, params![from, to, OPTIONS_MAX], |row| row.text(0))?);
    }
    sources.sort();
    sources.dedup();
    Ok(sources)
}
