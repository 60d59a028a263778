//! The sample brand's materials, today's kits, and a broadcast that held a part of its people out. Made once; what a user changed or removed later stays
//! so.

use crate::workspace::Open;
use siyu_db::{Tx, params};
use siyu_kernel::{PersonNum, Refusal, Time};
use siyu_pictures::Raster;
use siyu_reach::content::{Content, Piece};
use siyu_reach::{BroadcastIn, Class, FileIn, KitIn, MaterialIn, MessageIn, Writer};

const MADE: &str = "demo.library";
const WRITER: Writer<'static> = Writer { id: "demo-writer", name: "内容组 · 陈可" };
const LEADER: Writer<'static> = Writer { id: "demo-leader", name: "品牌负责人 · 李雯" };
/// People of the broadcast, how many of a hundred are held out, and how many days ago it was.
const PEOPLE: i64 = 900;
const HELD_OUT: f64 = 30.0;
const DAYS_KNOWN: i64 = 16;
/// Days that have a kit, from today on.
const KITS: i32 = 3;

pub fn fill(open: &Open) -> Result<(), Refusal> {
    let app = open.app.clone();
    if open.app.db.read(|tx| super::noted_in(tx, MADE))?.is_some() {
        return Ok(());
    }
    let picture = shades((246, 190, 200), (250, 236, 228));
    let cover = shades((188, 214, 232), (238, 244, 248));
    let today = app.projection.zone().day(app.now());
    open.app.db.transact(move |tx| {
        let now = app.now();
        let file = |tx: &mut Tx<'_>, name: &str, body: Vec<u8>| {
            let input = FileIn { name: name.into(), body, by: WRITER.name.into() };
            Ok::<_, Refusal>(app.reach.add_file(tx, &input, now.plus_days(-40))?.id)
        };
        let (picture, cover) =
            (file(tx, "春日腮红.png", picture.clone())?, file(tx, "会员小程序.png", cover.clone())?);
        let paper = file(tx, "护肤手册.pdf", PAPER.as_bytes().to_vec())?;
        let hello = keep(&app, tx, &text("换季护肤三步", "护肤", &["日常"], "换季皮肤容易干，记得三步：温和清洁、及时补水、早晚防护。拿不准先做哪一步，把肤质告诉我，我来帮您搭配～"), 38)?;
        let look = keep(&app, tx, &piece("春日腮红试色", "彩妆", &["春季", "新品"], "春日新色到店啦，这组腮红很显气色，想试哪一支跟我说～", Piece::Image { file: picture }), 34)?;
        let link = Piece::Link {
            title: "会员日：满 299 减 60".into(),
            url: "https://shop.siyu.example/member-day".into(),
            description: "门店与小程序通用，截至本周日".into(),
            picture: String::new(),
        };
        let mut offer = piece("会员日满减", "活动", &["会员日", "促销"], "会员日来啦！满 299 减 60，您常用的几款都在，需要我帮您留一套吗？", link);
        let deal = keep(&app, tx, &offer, 30)?;
        let pages = Piece::Miniprogram { title: "会员中心：查积分、领小样".into(), appid: "wx0123456789abcdef".into(), page: "pages/member/index".into(), file: cover };
        let member = keep(&app, tx, &piece("会员中心小程序", "活动", &["会员"], "积分和小样都在会员中心，点开就能领～", pages), 26)?;
        let guide = keep(&app, tx, &piece("护肤手册（PDF）", "护肤", &["资料"], "这是给老客准备的护肤手册，按肤质分好了步骤。", Piece::File { file: paper }), 22)?;
        // A second version that is in use, one that somebody is asked about, one that was turned down, one that is retired.
        offer.content.text = "会员日最后三天！满 299 减 60，您常用的几款还有货，需要我帮您留一套吗？".into();
        approve(&app, tx, &deal, &offer, 1, now.plus_days(-18))?;
        let newer = text("换季护肤三步", "护肤", &["日常"], "早晚温差大，皮肤容易泛红：温和清洁、补水、修护三步走。拿不准先做哪一步，把肤质告诉我～");
        let row = app.reach.change_material(tx, &hello, &newer, 1, WRITER, now.plus_days(-1))?;
        app.reach.submit_material(tx, &hello, Some(row.version))?;
        let wild = app.reach.add_material(tx, &text("限时最低价", "活动", &["促销"], "全网最低价，错过再等一年！"), WRITER, now.plus_days(-9))?;
        app.reach.submit_material(tx, &wild.id, None)?;
        app.reach.reject_material(tx, &wild.id, None, "「全网最低」属于绝对化用语，请改写。", LEADER, now.plus_days(-8))?;
        let old = keep(&app, tx, &text("冬季面霜推荐", "护肤", &["冬季"], "天冷了，这款面霜很多老客回购，需要的话我帮您留一瓶～"), 39)?;
        app.reach.retire_material(tx, &old, LEADER, now.plus_days(-12))?;
        for day in 0..KITS {
            let materials = if day % 2 == 0 { vec![deal.clone(), look.clone()] } else { vec![member.clone(), guide.clone(), look.clone()] };
            let kit = KitIn {
                name: if day % 2 == 0 { "会员日素材包".into() } else { "日常种草素材包".into() },
                day: today + day,
                how: "先发图片试色，客户有回应再发活动链接；同一位客户一天不超过一条。".into(),
                materials,
                ..KitIn::default()
            };
            app.reach.add_kit(tx, &kit, LEADER.name, now)?;
        }
        broadcast(&app, tx, &deal, now)?;
        super::note_within(tx, MADE, "1")
    })
}

fn text(name: &str, folder: &str, labels: &[&str], said: &str) -> MaterialIn {
    MaterialIn {
        name: name.into(),
        folder: folder.into(),
        labels: labels.iter().map(|own| (*own).to_owned()).collect(),
        content: Content { text: said.into(), attachments: Vec::new() },
    }
}
fn piece(name: &str, folder: &str, labels: &[&str], said: &str, piece: Piece) -> MaterialIn {
    let mut own = text(name, folder, labels, said);
    own.content.attachments.push(piece);
    own
}

/// One that was written, and approved by somebody else a day later.
fn keep(app: &siyu_api::App, tx: &mut Tx<'_>, input: &MaterialIn, days_ago: i64) -> Result<String, Refusal> {
    let at = app.now().plus_days(-days_ago);
    let id = app.reach.add_material(tx, input, WRITER, at)?.id;
    app.reach.submit_material(tx, &id, None)?;
    app.reach.approve_material(tx, &id, None, LEADER, at.plus_days(1))?;
    Ok(id)
}
fn approve(
    app: &siyu_api::App,
    tx: &mut Tx<'_>,
    id: &str,
    input: &MaterialIn,
    version: i64,
    at: Time,
) -> Result<(), Refusal> {
    app.reach.change_material(tx, id, input, version, WRITER, at)?;
    app.reach.submit_material(tx, id, None)?;
    app.reach.approve_material(tx, id, None, LEADER, at).map(drop)
}

/// To friends of some weeks, in two wordings, beginning now: chance holds a part out, and what comes of it is told from here on.
fn broadcast(app: &siyu_api::App, tx: &mut Tx<'_>, material: &str, now: Time) -> Result<(), Refusal> {
    let since = now.plus_days(-DAYS_KNOWN);
    let sql = "SELECT num FROM wecom_contact WHERE first_at < $1 ORDER BY first_at DESC, id LIMIT $2";
    let friends: Vec<PersonNum> = tx.query(sql, params![since, PEOPLE], |row| row.num(0))?;
    let mut people = app.people.roots(tx, &friends)?;
    people.sort_unstable();
    people.dedup();
    if people.is_empty() {
        return Ok(());
    }
    let (version, content) = app.reach.approved_material(tx, material)?;
    let mut other = content.clone();
    other.text = "您的会员专享到账：满 299 减 60，本周有效。要不要我按您上次的搭配帮您留一套？".into();
    let input = BroadcastIn {
        test: None,
        message: MessageIn {
            name: "会员日满减".into(),
            content,
            people,
            audience: String::new(),
            by: LEADER.name.into(),
        },
        variants: vec![other],
        class: Class::Marketing,
        worth: 1.0,
        holdout: HELD_OUT,
        per_hour: 0,
        start: None,
        expires: None,
        asked_by: LEADER.id.into(),
    };
    let made = app.reach.create_broadcast(tx, &input, now)?;
    app.reach.material_used(tx, Some((material, version)), "broadcast", &made.id, now)
}

/// From one colour to another, with a lighter disc in the middle.
fn shades(from: (u8, u8, u8), to: (u8, u8, u8)) -> Vec<u8> {
    const SIDE: u32 = 320;
    let mut rgba = Vec::with_capacity((SIDE * SIDE * 4) as usize);
    let mix = |a: u8, b: u8, part: u32| ((u32::from(a) * (SIDE - part) + u32::from(b) * part) / SIDE) as u8;
    for y in 0..SIDE {
        for x in 0..SIDE {
            let (dx, dy) = (x.abs_diff(SIDE / 2), y.abs_diff(SIDE / 2));
            let part = if dx * dx + dy * dy < SIDE * SIDE / 9 { SIDE } else { (x + y) / 2 };
            rgba.extend([mix(from.0, to.0, part), mix(from.1, to.1, part), mix(from.2, to.2, part), 255]);
        }
    }
    Raster { width: SIDE, height: SIDE, rgba }.encode()
}

/// A page of a document, as small as one can be.
const PAPER: &str = "%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Contents 4 0 R/Resources<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>endobj
4 0 obj<</Length 76>>stream
BT /F1 18 Tf 40 120 Td (Skin care: cleanse, moisten, protect) Tj ET         
endstream endobj
trailer<</Root 1 0 R>>
%%EOF
";
