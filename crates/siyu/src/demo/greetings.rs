//! The welcomes the sample brand has: by history, entrance and hour, and one for everybody else.

use crate::workspace::Open;
use siyu_kernel::Refusal;
use siyu_reach::content::{Content, Piece};
use siyu_reach::{History, Hours, RuleIn, RuleKind, When};

/// Made once; what a user changed or removed later stays so.
pub fn make_welcomes(open: &Open) -> Result<(), Refusal> {
    let app = open.app.clone();
    open.app.db.transact(move |tx| {
        if !app.reach.welcomes(tx)?.is_empty() || super::noted_in(tx, MADE)?.is_some() {
            return Ok(());
        }
        for rule in rules() {
            app.reach.add_welcome(tx, &rule, "demo", app.now())?;
        }
        super::note_within(tx, MADE, "1")
    })
}

const MADE: &str = "demo.welcomes";

fn rules() -> Vec<RuleIn> {
    let rule = |name: &str, when: When, text: &str, attachments: Vec<Piece>| RuleIn {
        name: name.into(),
        active: true,
        kind: RuleKind::Send,
        when,
        content: Content { text: text.into(), attachments },
    };
    let link = |title: &str, description: &str, page: &str| Piece::Link {
        title: title.into(),
        url: format!("https://shop.siyu.example/{page}?from={{{{ channel }}}}"),
        description: description.into(),
        picture: String::new(),
    };
    let history = |own: &[History]| When { history: own.to_vec(), ..When::default() };
    let channels =
        |own: &[&str]| When { channels: own.iter().map(|own| (*own).to_owned()).collect(), ..When::default() };
    vec![
        rule(
            "老朋友回来了",
            history(&[History::Back]),
            "{{ customer.name or \"老朋友\" }}，好久不见！我是{{ staff.name or \"您的美妆顾问\" }}，之前的护肤方案我都留着，想接着用还是换一套，随时叫我。",
            vec![],
        ),
        rule(
            "买过的新好友",
            history(&[History::Bought]),
            "{{ greeting }}，{{ customer.name or \"朋友\" }}！感谢您一直以来的光顾，我是{{ store.name or \"门店\" }}的{{ staff.name or \"顾问\" }}。您买过的产品用得怎么样？搭配和补货的事都可以问我。",
            vec![link("会员专享：老客礼", "凭会员码到店领取护手霜一支", "gift/member")],
        ),
        rule(
            "下班时间",
            When { hours: vec![Hours { days: vec![], from: "22:00".into(), to: "09:00".into() }], ..When::default() },
            "{{ greeting }}，{{ customer.name or \"朋友\" }}！我是{{ staff.name or \"您的美妆顾问\" }}，现在已经下班，明早 9 点后第一时间回复您。新人礼先放这里。",
            vec![link("新人礼：满 199 减 30", "7 天内有效，门店与小程序通用", "gift/new")],
        ),
        rule(
            "门店台卡与包裹卡",
            channels(&["store", "parcel"]),
            "{{ customer.name or \"您\" }}好，我是{{ store.name or \"门店\" }}的{{ staff.name or \"美妆顾问\" }}。到店可以免费测肤，也可以把肤质告诉我，我来帮您配一套。",
            vec![
                link("免费测肤预约", "选好门店和时间，到店出示即可", "skin-test"),
                link("新人礼：满 199 减 30", "7 天内有效，门店与小程序通用", "gift/new"),
            ],
        ),
        rule(
            "直播间与达人",
            channels(&["live", "kol"]),
            "{{ customer.name or \"宝贝\" }}，欢迎从直播间过来！直播同款和下一场时间我都会第一时间告诉你。",
            vec![link("直播同款清单", "今晚 8 点，老位置见", "live")],
        ),
        rule(
            "其他新好友",
            When::default(),
            "{{ greeting }}，{{ customer.name or \"朋友\" }}！我是{{ brand.name }}{{ store.name }}的{{ staff.name or \"美妆顾问\" }}，有任何护肤、彩妆问题都可以随时问我。",
            vec![link("新人礼：满 199 减 30", "7 天内有效，门店与小程序通用", "gift/new")],
        ),
    ]
}
