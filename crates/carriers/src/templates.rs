//! Templates of SMS, as the provider has approved them.

use crate::{Accounts, refuse};
use siyu_db::{RowRef, Tx, params};
use siyu_kernel::{Refusal, Time, new_id};
use siyu_sms::{Class, Provider, Template};

#[derive(Clone, Debug, Default)]
pub struct TemplateIn {
    pub name: String,
    /// `aliyun` or `tencent`
    pub provider: String,
    pub code: String,
    pub sign: String,
    pub text: String,
    /// `code`, `notice` or `marketing`
    pub class: String,
}

#[derive(Clone, Debug)]
pub struct TemplateRow {
    pub id: String,
    pub name: String,
    pub template: Template,
    pub created_at: Time,
    pub created_by: String,
    pub changed_at: Time,
    /// Contents that use it.
    pub uses: i64,
}

pub fn class_name(class: Class) -> &'static str {
    match class {
        Class::Code => "code",
        Class::Notice => "notice",
        Class::Marketing => "marketing",
    }
}
pub fn class_of(name: &str) -> Option<Class> {
    [Class::Code, Class::Notice, Class::Marketing].into_iter().find(|own| class_name(*own) == name)
}

const TEMPLATES_MAX: i64 = 500;
const COLUMNS: &str =
    "SELECT id, name, provider, code, sign, body, class, created_at, created_by, changed_at FROM sms_template";

fn checked(input: &TemplateIn) -> Result<(String, Template), Refusal> {
    let name = input.name.trim().to_owned();
    if name.is_empty() || name.chars().count() > 100 || name.chars().any(char::is_control) {
        return Err(refuse::template(
            "name",
            "A name has 1 to 100 characters and no line breaks.",
            "名称为 1 到 100 个字符，不能换行。",
        ));
    }
    let Some(provider) = crate::sms::provider(&input.provider) else {
        return Err(refuse::template(
            "provider",
            "The provider is aliyun or tencent.",
            "服务商须为 aliyun 或 tencent。",
        ));
    };
    let Some(class) = class_of(&input.class) else {
        return Err(refuse::template(
            "class",
            "The class is code, notice or marketing.",
            "类型须为 code、notice 或 marketing。",
        ));
    };
    let (code, sign, text) = (input.code.trim().to_owned(), input.sign.trim().to_owned(), input.text.trim().to_owned());
    let template = Template { code, sign, text, class, provider };
    template.check().map_err(|error| {
        let field = match error {
            siyu_sms::TemplateError::Code => "code",
            siyu_sms::TemplateError::Sign => "sign",
            _ => "text",
        };
        refuse::template(field, format!("{error}."), error.zh())
    })?;
    Ok((name, template))
}

fn row(row: RowRef<'_>) -> Result<TemplateRow, siyu_db::DbError> {
    let provider = crate::sms::provider(&row.text(2)?).unwrap_or(Provider::Aliyun);
    let class = class_of(&row.text(6)?).unwrap_or(Class::Notice);
    let template = Template { code: row.text(3)?, sign: row.text(4)?, text: row.text(5)?, class, provider };
    Ok(TemplateRow {
        id: row.text(0)?,
        name: row.text(1)?,
        template,
        created_at: row.time(7)?,
        created_by: row.text(8)?,
        changed_at: row.time(9)?,
        uses: 0,
    })
}

impl Accounts {
    /// By name; few enough to be shown whole.
    pub fn sms_templates(&self, tx: &mut Tx<'_>) -> Result<Vec<TemplateRow>, Refusal> {
        let mut rows = tx.query(&format!("{COLUMNS} ORDER BY name, id"), &[], row)?;
        for own in &mut rows {
            own.uses = self.heard().uses(tx, &own.id)?;
        }
        Ok(rows)
    }
    /// Errors: `sms_template_unknown`.
    pub fn sms_template(&self, tx: &mut Tx<'_>, id: &str) -> Result<TemplateRow, Refusal> {
        let found = tx.opt(&format!("{COLUMNS} WHERE id = $1"), params![id], row)?;
        let mut own = found.ok_or_else(refuse::template_unknown)?;
        own.uses = self.heard().uses(tx, &own.id)?;
        Ok(own)
    }
    /// Errors: `sms_template` with its field, `sms_templates_full`.
    pub fn add_template(
        &self,
        tx: &mut Tx<'_>,
        input: &TemplateIn,
        by: &str,
        now: Time,
    ) -> Result<TemplateRow, Refusal> {
        let (name, own) = checked(input)?;
        if tx.one("SELECT COUNT(*) FROM sms_template", &[], |row| row.int(0))? >= TEMPLATES_MAX {
            return Err(refuse::templates_full());
        }
        let id = new_id("tpl", now, &self.parts().chance);
        tx.execute(
            "INSERT INTO sms_template (id, name, provider, code, sign, body, class, created_at, created_by, changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $8)",
            params![&id, &name, own.provider.name(), &own.code, &own.sign, &own.text, class_name(own.class), now, by],
        )?;
        self.sms_template(tx, &id)
    }
    /// Errors: as for adding, `sms_template_unknown`.
    pub fn change_template(
        &self,
        tx: &mut Tx<'_>,
        id: &str,
        input: &TemplateIn,
        now: Time,
    ) -> Result<TemplateRow, Refusal> {
        let (name, own) = checked(input)?;
        tx.execute(
            "UPDATE sms_template SET name = $2, provider = $3, code = $4, sign = $5, body = $6, class = $7, changed_at = $8 WHERE id = $1",
            params![id, &name, own.provider.name(), &own.code, &own.sign, &own.text, class_name(own.class), now],
        )?;
        self.sms_template(tx, id)
    }
    /// Errors: `sms_template_unknown`, `sms_template_used`.
    pub fn remove_template(&self, tx: &mut Tx<'_>, id: &str) -> Result<TemplateRow, Refusal> {
        let own = self.sms_template(tx, id)?;
        if own.uses > 0 {
            return Err(refuse::template_used());
        }
        tx.execute("DELETE FROM sms_template WHERE id = $1", params![id])?;
        Ok(own)
    }
}
