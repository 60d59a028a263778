//! The fields a file's columns may be mapped to.

use serde::Serialize;

use super::Target;

/// A field with the words a wizard shows for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct FieldInfo {
    /// Ends with `.` or `:` when a name of the caller's choice follows.
    pub field: &'static str,
    pub zh: &'static str,
    pub en: &'static str,
}

const fn f(field: &'static str, zh: &'static str, en: &'static str) -> FieldInfo {
    FieldInfo { field, zh, en }
}

/// Ways to recognise a person. `ext:` is followed by the name of an outside system.
pub(super) const KINDS: [&str; 11] = [
    "unionid",
    "openid",
    "external_userid",
    "phone",
    "email",
    "member_no",
    "pos_no",
    "device",
    "anonymous",
    "user_id",
    "ext:",
];

const IDENTIFIERS: [FieldInfo; 11] = [
    f("unionid", "微信 UnionID", "WeChat UnionID"),
    f("openid", "微信 OpenID", "WeChat OpenID"),
    f("external_userid", "企业微信外部联系人 ID", "WeCom external user id"),
    f("phone", "手机号", "Phone"),
    f("email", "邮箱", "Email"),
    f("member_no", "会员号", "Member number"),
    f("pos_no", "POS 客户号", "POS customer number"),
    f("device", "设备 ID", "Device id"),
    f("anonymous", "匿名 ID", "Anonymous id"),
    f("user_id", "用户 ID", "User id"),
    f("ext:", "外部系统 ID", "Id in another system"),
];

const PEOPLE: [FieldInfo; 4] = [
    f("trait.", "属性", "Trait"),
    f("tag", "标签（用 | 或 ; 分隔）", "Tags, separated by | or ;"),
    f("created_at", "创建时间", "Created at"),
    f("store", "门店", "Store"),
];

const EVENTS: [FieldInfo; 5] = [
    f("message_id", "消息 ID（去重用）", "Message id, for deduplication"),
    f("name", "事件名", "Event name"),
    f("at", "发生时间", "Time"),
    f("type", "类型", "Type"),
    f("property.", "事件属性", "Property"),
];

const ORDERS: [FieldInfo; 11] = [
    f("order_no", "订单号", "Order number"),
    f("at", "下单时间", "Order time"),
    f("line_no", "行号", "Line number"),
    f("sku", "商品编码", "SKU"),
    f("title", "商品名称", "Product title"),
    f("quantity", "数量", "Quantity"),
    f("price", "单价", "Unit price"),
    f("amount", "金额", "Line amount"),
    f("currency", "币种", "Currency"),
    f("store", "门店", "Store"),
    f("refund_of", "原订单号（退款）", "Order being refunded"),
];

const PRODUCTS: [FieldInfo; 9] = [
    f("sku", "商品编码", "SKU"),
    f("title", "商品名称", "Title"),
    f("category", "类目", "Category"),
    f("brand", "品牌", "Brand"),
    f("price", "价格", "Price"),
    f("currency", "币种", "Currency"),
    f("url", "链接", "URL"),
    f("image", "图片", "Image"),
    f("property.", "商品属性", "Property"),
];

/// The target's own fields, then ways to recognise the person. For orders the latter are written `person.phone` etc.,
/// and `person.trait.<name>` sets a trait of the buyer.
pub fn fields(target: Target) -> Vec<FieldInfo> {
    let own: &[FieldInfo] = match target {
        Target::People => &PEOPLE,
        Target::Events => &EVENTS,
        Target::Orders => &ORDERS,
        Target::Products => &PRODUCTS,
    };
    let identifiers: &[FieldInfo] = match target {
        Target::People | Target::Events => &IDENTIFIERS,
        Target::Orders | Target::Products => &[],
    };
    [own, identifiers].concat()
}

/// Whether `field` can be mapped to in the target.
pub fn is_field(target: Target, field: &str) -> bool {
    if let (Target::Orders, Some(person)) = (target, field.strip_prefix("person.")) {
        return is_kind(person) || person.strip_prefix("trait.").is_some_and(|n| !n.is_empty());
    }
    let open = |f: &FieldInfo| f.field.ends_with(['.', ':']);
    fields(target).iter().any(|f| match open(f) {
        true => field.strip_prefix(f.field).is_some_and(|name| !name.is_empty()),
        false => field == f.field,
    })
}

fn is_kind(kind: &str) -> bool {
    KINDS.iter().any(|k| match k.ends_with(':') {
        true => kind.strip_prefix(k).is_some_and(|name| !name.is_empty()),
        false => kind == *k,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_fields_need_a_name() {
        assert!(is_field(Target::Orders, "person.ext:erp"));
        assert!(is_field(Target::Orders, "person.trait.city"));
        assert!(is_field(Target::People, "ext:crm"));
        for (target, field) in [
            (Target::Orders, "person.ext:"),
            (Target::People, "trait."),
            (Target::Orders, "phone"),
            (Target::Products, "phone"),
            (Target::Events, "person.phone"),
        ] {
            assert!(!is_field(target, field), "{field}");
        }
    }
}
