//! Which names say that a value tells who somebody is, or is nobody else's business.
//!
//! One rule for events as they are shown and for what is derived from them: what is masked in an event is in no column and in no answer.

use crate::fields::FieldTable;

/// A name with one of these in it.
const PARTS: [&str; 16] = [
    "phone",
    "mobile",
    "email",
    "address",
    "idcard",
    "idnumber",
    "bankcard",
    "passport",
    "password",
    "手机",
    "电话",
    "邮箱",
    "地址",
    "身份证",
    "银行卡",
    "护照",
];
/// The whole name.
const WHOLE: [&str; 6] = ["tel", "mail", "idno", "wechat", "微信", "微信号"];

/// Whether a key of an event, or a dotted path of such keys, is of contact data, of papers or of a secret: whatever its case and however its
/// words are joined.
pub fn is_private_name(path: &str) -> bool {
    path.split('.').any(is_private_key)
}

fn is_private_key(key: &str) -> bool {
    let bare: String = key.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    WHOLE.contains(&bare.as_str()) || PARTS.iter().any(|part| bare.contains(part))
}

impl FieldTable {
    /// Whether values under this key, or dotted path of keys, are hidden from those who may not see everything: by its name, or because the
    /// workspace has a sensitive field of the name.
    pub fn hides(&self, path: &str) -> bool {
        let sensitive = |name: &str| self.0.get(name).is_some_and(|field| field.sensitive);
        is_private_name(path) || sensitive(path) || path.split('.').any(sensitive)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Field, FieldTable};
    use serde_json::Value;

    #[test]
    fn names_are_known_however_they_are_written() {
        for name in [
            "phone",
            "Receiver_Phone",
            "receiver.phone",
            "phone.number",
            "bank_card",
            "bankCard",
            "bank-card-no",
            "id_number",
            "ID Number",
            "id_no",
            "shippingAddress",
            "e_mail",
            "Tel",
            "收货地址",
            "身份证号",
            "联系电话",
        ] {
            assert!(is_private_name(name), "{name}");
        }
        for name in
            ["channel", "plan", "hotel", "mailing", "order_id", "products.sku", "商品", "wechat_channel", "card", ""]
        {
            assert!(!is_private_name(name), "{name}");
        }
    }

    #[test]
    fn whatever_a_field_is_guessed_sensitive_for_is_hidden() {
        for name in crate::fields::SENSITIVE {
            assert!(is_private_name(name), "{name}");
        }
    }

    #[test]
    fn sensitive_fields_hide_their_name_at_any_depth() {
        let mut table = FieldTable::default();
        let field = |sensitive| Field { sensitive, ..Field::guessed("income", &Value::Null) };
        table.0.insert("income".into(), field(false));
        assert!(!table.hides("income"));
        table.0.insert("income".into(), field(true));
        assert!(table.hides("income") && table.hides("family.income") && table.hides("income.monthly"));
        assert!(!table.hides("incomes") && table.hides("phone"));
    }
}
