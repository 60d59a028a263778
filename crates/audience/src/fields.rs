//! What can be asked about a person.

use crate::lives::Rank;
use crate::rule::Op;
use serde::Serialize;
use siyu_calendar::Yearly;
use siyu_kernel::Kind;
use siyu_people::{FieldType, People};

/// A condition's field, resolved.
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    /// Orders with a sale line, in any currency. People without one have 0.
    Count,
    /// Sum of sale lines before refunds, minor units of the workspace currency. People without an order have 0.
    Amount,
    /// Amount less refunds.
    Net,
    /// Amount per order; people without an order have none.
    Average,
    /// Calendar days since the last order: 0 = today, in the workspace zone.
    SinceLast,
    SinceFirst,
    Trait {
        name: String,
        r#type: FieldType,
        sensitive: bool,
        label_zh: String,
        label_en: String,
    },
    /// Calendar days until a field's day of the year comes back: 0 = today. People without a value have none.
    Until {
        name: String,
        by: Yearly,
        label_zh: String,
        label_en: String,
    },
    Has(Kind),
    Tag,
    /// Stores the person has an order in.
    Store,
    /// Sale lines of products of this category.
    Category(String),
    /// Calendar days since the person was first seen.
    CreatedDays,
    /// Where the person was first seen.
    Source,
    /// Members of a stored audience.
    Audience,
    Life(LifeField),
}

/// What is worked out of somebody's behaviour and orders, as [`crate::Measures`] defines it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LifeField {
    /// prospect, new, active, at_risk, lost.
    Lifecycle,
    /// acquisition, activation, retention, revenue, referral: the last one reached.
    Aarrr,
    /// 1 to 5 among all buyers; people without an order have none.
    Rank(Rank),
    Segment,
    /// 0 to 100.
    Score,
    /// ordinary, loyal, super_vip.
    Tier,
    Loyal,
}

impl LifeField {
    const ALL: [(&'static str, Self, &'static str, &'static str); 9] = [
        ("lifecycle", Self::Lifecycle, "生命周期阶段", "Life cycle stage"),
        ("aarrr", Self::Aarrr, "AARRR 阶段", "AARRR stage"),
        ("rfm.r", Self::Rank(Rank::R), "RFM 最近消费（R）", "RFM recency (R)"),
        ("rfm.f", Self::Rank(Rank::F), "RFM 消费频次（F）", "RFM frequency (F)"),
        ("rfm.m", Self::Rank(Rank::M), "RFM 消费金额（M）", "RFM money (M)"),
        ("rfm.segment", Self::Segment, "RFM 分群", "RFM segment"),
        ("value.score", Self::Score, "私域价值分", "Value score"),
        ("value.tier", Self::Tier, "价值层级", "Value tier"),
        ("loyal", Self::Loyal, "忠诚用户", "Loyal"),
    ];
    fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(own, ..)| *own == name).map(|(_, field, ..)| *field)
    }
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().map(|(_, field, ..)| field)
    }
    fn row(self) -> (&'static str, &'static str, &'static str) {
        let (name, _, zh, en) = Self::ALL.iter().find(|(_, field, ..)| *field == self).expect("every field has a row");
        (name, zh, en)
    }
    /// Value, Chinese, English.
    pub(crate) fn options(self) -> &'static [(&'static str, &'static str, &'static str)] {
        match self {
            Self::Lifecycle => &[
                ("prospect", "潜在客户", "Prospect"),
                ("new", "新客", "New"),
                ("active", "活跃", "Active"),
                ("at_risk", "流失预警", "At risk"),
                ("lost", "已流失", "Lost"),
            ],
            Self::Aarrr => &[
                ("acquisition", "获取", "Acquisition"),
                ("activation", "激活", "Activation"),
                ("retention", "留存", "Retention"),
                ("revenue", "变现", "Revenue"),
                ("referral", "推荐", "Referral"),
            ],
            Self::Tier => {
                &[("ordinary", "普通", "Ordinary"), ("loyal", "忠诚", "Loyal"), ("super_vip", "超级会员", "Super VIP")]
            }
            Self::Segment => &[
                ("champions", "重要价值客户", "Champions"),
                ("loyal_customers", "忠诚客户", "Loyal customers"),
                ("potential_loyalists", "潜力忠诚客户", "Potential loyalists"),
                ("new_customers", "新客户", "New customers"),
                ("promising", "有潜力客户", "Promising"),
                ("need_attention", "需要关注", "Need attention"),
                ("about_to_sleep", "即将沉睡", "About to sleep"),
                ("at_risk", "流失风险", "At risk"),
                ("cant_lose", "不能流失", "Cannot lose"),
                ("hibernating", "沉睡", "Hibernating"),
            ],
            Self::Rank(_) | Self::Score | Self::Loyal => &[],
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ValueType {
    /// A whole number of minor units.
    Money,
    Integer,
    Number,
    Boolean,
    Text,
    Date,
    Datetime,
    List,
    /// One of the options.
    Option,
}

impl Target {
    pub(crate) fn parse(name: &str, people: &People) -> Option<Self> {
        Some(match name {
            "orders.count" => Self::Count,
            "orders.amount" => Self::Amount,
            "orders.net" => Self::Net,
            "orders.average" => Self::Average,
            "orders.days_since_last" => Self::SinceLast,
            "orders.days_since_first" => Self::SinceFirst,
            "tag" => Self::Tag,
            "store" => Self::Store,
            "created.days" => Self::CreatedDays,
            "source" => Self::Source,
            "audience" => Self::Audience,
            name if LifeField::parse(name).is_some() => LifeField::parse(name).map(Self::Life)?,
            _ => return Self::parse_named(name, people),
        })
    }
    fn parse_named(name: &str, people: &People) -> Option<Self> {
        if let Some(kind) = name.strip_prefix("has.") {
            return Kind::parse(kind).map(Self::Has);
        }
        if let Some(category) = name.strip_prefix("category.").and_then(|rest| rest.strip_suffix(".count")) {
            return (!category.is_empty() && category.len() <= 200).then(|| Self::Category(category.to_owned()));
        }
        if let Some(rest) = name.strip_prefix("until.") {
            let (name, by) = match rest.strip_suffix(".lunar") {
                Some(name) => (name, Yearly::Lunar),
                None => (rest, Yearly::Solar),
            };
            return Self::until(people.field_table().0.get(name)?, by);
        }
        let field = people.field_table().0.get(name.strip_prefix("trait.")?)?.clone();
        Some(Self::of_trait(field))
    }
    pub(crate) fn of_trait(field: siyu_people::Field) -> Self {
        Self::Trait {
            name: field.name,
            r#type: field.r#type,
            sensitive: field.sensitive,
            label_zh: field.label_zh,
            label_en: field.label_en,
        }
    }
    /// Of a field that holds days, unless it is a sensitive one: when somebody has their birthday tells the birthday.
    pub(crate) fn until(field: &siyu_people::Field, by: Yearly) -> Option<Self> {
        let dated = matches!(field.r#type, FieldType::Date | FieldType::Datetime) && !field.sensitive;
        dated.then(|| Self::Until {
            name: field.name.clone(),
            by,
            label_zh: field.label_zh.clone(),
            label_en: field.label_en.clone(),
        })
    }
    /// As it stands in a rule.
    pub fn name(&self) -> String {
        match self {
            Self::Count => "orders.count".into(),
            Self::Amount => "orders.amount".into(),
            Self::Net => "orders.net".into(),
            Self::Average => "orders.average".into(),
            Self::SinceLast => "orders.days_since_last".into(),
            Self::SinceFirst => "orders.days_since_first".into(),
            Self::Trait { name, .. } => format!("trait.{name}"),
            Self::Until { name, by: Yearly::Solar, .. } => format!("until.{name}"),
            Self::Until { name, by: Yearly::Lunar, .. } => format!("until.{name}.lunar"),
            Self::Has(kind) => format!("has.{}", kind.name()),
            Self::Tag => "tag".into(),
            Self::Store => "store".into(),
            Self::Category(name) => format!("category.{name}.count"),
            Self::CreatedDays => "created.days".into(),
            Self::Source => "source".into(),
            Self::Audience => "audience".into(),
            Self::Life(field) => field.row().0.into(),
        }
    }
    pub fn value_type(&self) -> ValueType {
        match self {
            Self::Amount | Self::Net | Self::Average => ValueType::Money,
            Self::Count
            | Self::SinceLast
            | Self::SinceFirst
            | Self::Category(_)
            | Self::CreatedDays
            | Self::Until { .. } => ValueType::Integer,
            Self::Has(_) | Self::Life(LifeField::Loyal) => ValueType::Boolean,
            Self::Life(LifeField::Rank(_) | LifeField::Score) => ValueType::Integer,
            Self::Life(_) => ValueType::Option,
            Self::Tag | Self::Store | Self::Source | Self::Audience => ValueType::Option,
            Self::Trait { r#type, .. } => match r#type {
                FieldType::Text => ValueType::Text,
                FieldType::Number => ValueType::Number,
                FieldType::Boolean => ValueType::Boolean,
                FieldType::Date => ValueType::Date,
                FieldType::Datetime => ValueType::Datetime,
                FieldType::List => ValueType::List,
            },
        }
    }
    /// The first one is what a form starts with.
    pub fn operators(&self) -> &'static [Op] {
        use Op::{Contains, Eq, Exists, Gt, Gte, In, Lt, Lte, Ne};
        match self {
            Self::Trait { sensitive: true, .. } => &[Exists],
            Self::Trait { r#type, .. } => match r#type {
                FieldType::Text => &[Eq, Ne, In, Contains, Exists],
                FieldType::Number => &[Gte, Gt, Lte, Lt, Eq, Ne, In, Exists],
                FieldType::Boolean => &[Eq, Exists],
                FieldType::Date | FieldType::Datetime => &[Gte, Gt, Lte, Lt, Eq, Ne, Exists],
                FieldType::List => &[Contains, Exists],
            },
            Self::Count => &[Gte, Gt, Lte, Lt, Eq, Ne, In],
            Self::Amount | Self::Net | Self::Category(_) | Self::CreatedDays => &[Gte, Gt, Lte, Lt, Eq, Ne],
            Self::Average => &[Gte, Gt, Lte, Lt, Exists],
            Self::Until { .. } => &[Lte, Lt, Gte, Gt, Eq, Ne, In, Exists],
            Self::SinceLast | Self::SinceFirst => &[Gte, Gt, Lte, Lt, Eq, Ne, Exists],
            Self::Has(_) => &[Eq, Exists],
            Self::Tag | Self::Store => &[In, Eq, Ne, Exists],
            Self::Source => &[In, Eq, Ne, Contains],
            Self::Life(LifeField::Loyal) => &[Eq],
            Self::Life(LifeField::Rank(_) | LifeField::Score) => &[Gte, Gt, Lte, Lt, Eq, Ne, In],
            Self::Audience | Self::Life(_) => &[In, Eq, Ne],
        }
    }
    /// Chinese and English.
    pub fn labels(&self) -> (String, String) {
        let (zh, en) = match self {
            Self::Count => ("订单数", "Orders"),
            Self::Amount => ("消费金额", "Amount spent"),
            Self::Net => ("净消费金额（扣除退款）", "Amount spent less refunds"),
            Self::Average => ("客单价", "Average order"),
            Self::SinceLast => ("距最近一次下单天数", "Days since last order"),
            Self::SinceFirst => ("距首次下单天数", "Days since first order"),
            Self::Tag => ("标签", "Tag"),
            Self::Store => ("消费门店", "Store bought in"),
            Self::CreatedDays => ("建档天数", "Days since first seen"),
            Self::Source => ("来源", "Source"),
            Self::Audience => ("人群包", "Audience"),
            Self::Life(field) => {
                let (_, zh, en) = field.row();
                (zh, en)
            }
            Self::Trait { label_zh, label_en, .. } => (label_zh.as_str(), label_en.as_str()),
            Self::Until { by: Yearly::Solar, label_zh, label_en, .. } => {
                return (format!("距下一个“{label_zh}”天数（公历）"), format!("Days until the next “{label_en}”"));
            }
            Self::Until { by: Yearly::Lunar, label_zh, label_en, .. } => {
                return (
                    format!("距下一个“{label_zh}”天数（农历）"),
                    format!("Days until the next “{label_en}” by the lunar calendar"),
                );
            }
            Self::Category(name) => return (format!("购买“{name}”件次"), format!("Lines bought of “{name}”")),
            Self::Has(kind) => {
                let (zh, en) = kind_labels(kind);
                return (format!("有{zh}"), format!("Has {en}"));
            }
        };
        (zh.to_owned(), en.to_owned())
    }
}

fn kind_labels(kind: &Kind) -> (String, String) {
    let (zh, en) = match kind {
        Kind::UnionId => ("微信 UnionID", "WeChat UnionID"),
        Kind::UserId => ("用户编号", "user id"),
        Kind::MemberNo => ("会员号", "member number"),
        Kind::ExternalUserId => ("企业微信外部联系人", "WeCom contact"),
        Kind::OpenId => ("微信 OpenID", "WeChat OpenID"),
        Kind::Phone => ("手机号", "phone"),
        Kind::Email => ("邮箱", "e-mail"),
        Kind::PosNo => ("收银编号", "till number"),
        Kind::Device => ("设备编号", "device"),
        Kind::Anonymous => ("匿名编号", "anonymous id"),
        Kind::Ext(name) => return (format!("外部编号 {name}"), format!("external id {name}")),
    };
    (zh.to_owned(), en.to_owned())
}
