//! How a world begins: the brand, its members, the people within its reach, and those who were friends before.

use super::*;
use crate::calendar;

const SURNAMES: [(&str, &str); 30] = [
    ("王", "Wang"),
    ("李", "Li"),
    ("张", "Zhang"),
    ("刘", "Liu"),
    ("陈", "Chen"),
    ("杨", "Yang"),
    ("黄", "Huang"),
    ("赵", "Zhao"),
    ("吴", "Wu"),
    ("周", "Zhou"),
    ("徐", "Xu"),
    ("孙", "Sun"),
    ("马", "Ma"),
    ("朱", "Zhu"),
    ("胡", "Hu"),
    ("郭", "Guo"),
    ("何", "He"),
    ("林", "Lin"),
    ("高", "Gao"),
    ("罗", "Luo"),
    ("郑", "Zheng"),
    ("梁", "Liang"),
    ("谢", "Xie"),
    ("宋", "Song"),
    ("唐", "Tang"),
    ("许", "Xu"),
    ("韩", "Han"),
    ("冯", "Feng"),
    ("邓", "Deng"),
    ("曹", "Cao"),
];
const GIVEN: [(&str, &str); 40] = [
    ("雨", "Yu"),
    ("欣", "Xin"),
    ("婷", "Ting"),
    ("洁", "Jie"),
    ("丽", "Li"),
    ("敏", "Min"),
    ("静", "Jing"),
    ("雪", "Xue"),
    ("琳", "Lin"),
    ("颖", "Ying"),
    ("佳", "Jia"),
    ("璐", "Lu"),
    ("晨", "Chen"),
    ("悦", "Yue"),
    ("涵", "Han"),
    ("思", "Si"),
    ("梦", "Meng"),
    ("瑶", "Yao"),
    ("萱", "Xuan"),
    ("怡", "Yi"),
    ("浩", "Hao"),
    ("宇", "Yu"),
    ("轩", "Xuan"),
    ("杰", "Jie"),
    ("俊", "Jun"),
    ("明", "Ming"),
    ("磊", "Lei"),
    ("强", "Qiang"),
    ("伟", "Wei"),
    ("涛", "Tao"),
    ("鹏", "Peng"),
    ("飞", "Fei"),
    ("子", "Zi"),
    ("一", "Yi"),
    ("可", "Ke"),
    ("安", "An"),
    ("晓", "Xiao"),
    ("文", "Wen"),
    ("诗", "Shi"),
    ("乐", "Le"),
];
const NICKNAMES: [&str; 24] = [
    "小鱼",
    "西西",
    "阿布",
    "橘子汽水",
    "晚风",
    "小太阳",
    "柠檬不酸",
    "一颗糖",
    "月亮邮差",
    "慢慢来",
    "豆豆妈",
    "今天也要开心",
    "Lily",
    "Cici",
    "阿May",
    "山茶",
    "春日部",
    "向日葵",
    "牧羊人",
    "白日梦",
    "小満",
    "𠮷田",
    "🌸花花",
    "不吃香菜",
];
const PLACES: [&str; 12] = [
    "旗舰",
    "万象城",
    "银泰",
    "大悦城",
    "龙湖天街",
    "吾悦广场",
    "来福士",
    "印象城",
    "环球港",
    "新天地",
    "中心",
    "西湖",
];
const CATEGORIES: [(&str, &[&str], i64); 6] = [
    ("面霜", &["保湿面霜", "修护面霜", "抗皱面霜", "清爽面霜", "夜间面霜", "水乳套装"], 19_900),
    ("精华", &["烟酰胺精华", "玻尿酸精华", "维C精华", "眼部精华", "安瓶", "小棕瓶"], 29_900),
    ("洁面", &["氨基酸洁面", "洁面泡沫", "卸妆油", "卸妆水", "洁面慕斯"], 8_900),
    ("面膜", &["补水面膜", "泥膜", "睡眠面膜", "眼膜", "提亮面膜", "面膜礼盒"], 12_900),
    ("彩妆", &["口红", "气垫", "粉底液", "腮红", "眼影盘", "眉笔", "散粉"], 15_900),
    ("香氛", &["香水", "护手霜", "身体乳", "沐浴露", "香薰蜡烛"], 10_900),
];

pub(super) fn world(seed: u64, scale: Scale, start: Time) -> World {
    let mut world = World {
        seed,
        scale,
        start,
        now: start,
        name: "花笙护肤".into(),
        departments: Vec::new(),
        stores: Vec::new(),
        staff: Vec::new(),
        people: Vec::with_capacity(scale.people),
        relations: Vec::new(),
        groups: Vec::new(),
        tag_groups: Vec::new(),
        tags: Vec::new(),
        contact_ways: Vec::new(),
        join_ways: Vec::new(),
        links: Vec::new(),
        masses: Vec::new(),
        moments: Vec::new(),
        transfers: Vec::new(),
        welcomes: Vec::new(),
        chats: Vec::new(),
        products: Vec::new(),
        orders: Vec::new(),
        staff_days: HashMap::new(),
        group_days: HashMap::new(),
        link_balance: parameters::LINK_QUOTA,
        agenda: BinaryHeap::new(),
        planned: 0,
        happenings: Vec::new(),
        happened: 0,
        lively: true,
        plain_welcomes: false,
    };
    products(&mut world);
    brand(&mut world);
    people(&mut world);
    tag_library(&mut world);
    groups(&mut world);
    friends_before(&mut world);
    agenda(&mut world);
    world.happenings.clear();
    world.happened = 0;
    world
}

fn products(world: &mut World) {
    let mut dice = dice(world.seed, 1, 0);
    for (category, names, price) in CATEGORIES {
        for name in names {
            let price = (price as f64 * dice.between(0.6, 1.6) / 1000.0).round() as i64 * 1000 - 100;
            let sku = format!("HS{:04}", world.products.len() + 1);
            world.products.push(Product { sku, name: (*name).into(), category, price });
        }
    }
}

fn brand(world: &mut World) {
    let name = world.name.clone();
    department(world, 1, &name, 0);
    department(world, 2, "总部", 1);
    for (at, (city, _)) in parameters::CITIES.iter().enumerate() {
        department(world, 10 + at as i64, &format!("{city}区域"), 1);
    }
    let mut dice = dice(world.seed, 2, 0);
    for at in 0..parameters::OFFICE_STAFF {
        let position = if at == 0 { "私域负责人" } else { "运营" };
        member(world, &mut dice, vec![2], None, at == 0, position);
    }
    for at in 0..world.scale.stores {
        // The first store stands where headquarters is; the others by the cities' shares.
        let city = if at == 0 { 0 } else { dice.weighted(parameters::CITIES.iter().map(|(_, share)| *share)) };
        let id = 100 + at as i64;
        let place = PLACES[at % PLACES.len()];
        let more = if at < PLACES.len() { String::new() } else { format!("{}", at / PLACES.len() + 1) };
        let name = format!("{}{place}{more}店", parameters::CITIES[city].0);
        department(world, id, &name, 10 + city as i64);
        world.stores.push(Store { name, city, department: id, guides: Vec::new(), groups: Vec::new() });
    }
    for at in 0..world.scale.guides {
        let store = at % world.scale.stores.max(1);
        let manager = world.stores[store].guides.is_empty();
        let department = world.stores[store].department;
        let position = if manager { "店长" } else { "导购" };
        let number = member(world, &mut dice, vec![department], Some(store), manager, position);
        world.stores[store].guides.push(number);
        if manager {
            let here = world.departments.iter_mut().find(|d| d.id == department).expect("made above");
            here.leaders.push(number);
        }
    }
}

fn department(world: &mut World, id: i64, name: &str, parent: i64) {
    let order = 100_000_000 - 1000 * world.departments.len() as i64;
    world.departments.push(Department { id, name: name.into(), parent, order, leaders: Vec::new() });
}

fn member(
    world: &mut World,
    dice: &mut Dice,
    departments: Vec<i64>,
    store: Option<usize>,
    leads: bool,
    position: &'static str,
) -> StaffNo {
    let number = world.staff.len();
    let surname = SURNAMES[dice.below(SURNAMES.len())];
    let given = [GIVEN[dice.below(GIVEN.len())], GIVEN[dice.below(GIVEN.len())]];
    let mut userid = format!("{}{}", surname.1, given[0].1);
    let mut name = format!("{}{}", surname.0, given[0].0);
    if world.staff.iter().any(|staff| staff.userid.eq_ignore_ascii_case(&userid)) {
        name.push_str(given[1].0);
        userid = format!("{userid}{}{number}", given[1].1);
    }
    world.staff.push(Staff {
        email: format!("{}@huasheng.example", userid.to_lowercase()),
        mobile: format!("1390000{number:04}"),
        userid,
        name,
        departments,
        leads,
        position,
        store,
        serves: store.is_some(),
        status: StaffStatus::Active,
        console_welcome: false,
        diligence: dice.beta(parameters::DILIGENCE.0, parameters::DILIGENCE.1),
        relations: Vec::new(),
        active: 0,
        left_at: None,
        dice: super::dice(world.seed, 3, number),
    });
    number
}

fn people(world: &mut World) {
    let mut ring = 0;
    let mut left_in_ring = 0;
    for number in 0..world.scale.people {
        let mut dice = dice(world.seed, 4, number);
        if left_in_ring == 0 && dice.chance(parameters::CHEATS / parameters::ACCOUNTS_OF_A_CHEAT as f64) {
            ring += 1;
            left_in_ring = parameters::ACCOUNTS_OF_A_CHEAT;
        }
        let in_ring = left_in_ring > 0;
        left_in_ring -= usize::from(in_ring);
        world.people.push(person(world, number, in_ring.then_some(ring), dice));
    }
}

fn person(world: &World, number: PersonNo, ring: Option<usize>, mut dice: Dice) -> Person {
    let at = dice.weighted(parameters::CHANNELS.iter().map(|channel| channel.weight));
    let channel = &parameters::CHANNELS[at];
    let surname = SURNAMES[dice.below(SURNAMES.len())].0;
    let given = GIVEN[dice.below(GIVEN.len())].0;
    let name = match dice.below(3) {
        0 => format!("{surname}{given}"),
        1 => NICKNAMES[dice.below(NICKNAMES.len())].to_owned(),
        _ => format!("{}{}", NICKNAMES[dice.below(NICKNAMES.len())], dice.below(100)),
    };
    let brands = 1 + dice.weighted(parameters::BRANDS_ACCEPTED.iter().copied()) as u8;
    let (median, spread) = parameters::BUDGET_PER_WEEK;
    let persuasion = match dice.unit() {
        x if x < parameters::PERSUADABLE => Persuasion::Persuadable,
        x if x < parameters::PERSUADABLE + parameters::SURE => Persuasion::Sure,
        x if x < parameters::PERSUADABLE + parameters::SURE + parameters::PUT_OFF => Persuasion::PutOff,
        _ => Persuasion::Lost,
    };
    let cheat = ring.is_some();
    Person {
        name,
        gender: if dice.chance(0.72) { 2 } else { u8::from(dice.chance(0.8)) },
        business: !cheat && dice.chance(parameters::BUSINESS_USERS),
        store: dice.below(world.stores.len()),
        channel: at,
        phone: format!("13{:01}{:08}", 5 + number % 5, 10_000_000 + number),
        union_id: !dice.chance(parameters::WITHOUT_UNION_ID),
        rate: if cheat { 0.0 } else { dice.gamma(parameters::BUYING_SHAPE, parameters::BUYING_RATE) * channel.rate },
        dropout: dice.beta(parameters::DROPOUT.0, parameters::DROPOUT.1),
        alive: !cheat,
        sensitivity: dice.beta(parameters::SENSITIVITY.0, parameters::SENSITIVITY.1),
        persuasion: if cheat { Persuasion::Lost } else { persuasion },
        brands,
        budget: dice.lognormal(median, spread) * (f64::from(brands) / 4.0).powf(0.3),
        patience: channel.patience,
        bait: !cheat && dice.chance(parameters::BAIT * channel.bait),
        sharer: !cheat && dice.chance(parameters::SHARERS),
        ring,
        invited_by: None,
        arrived: None,
        relations: Vec::new(),
        groups: Vec::new(),
        orders: Vec::new(),
        mass_day: i32::MIN,
        mass_month: (0, 0),
        load: 0.0,
        load_at: world.start,
        last_text: 0,
        put_off_until: Time(0),
        dice,
    }
}

/// The library as an administrator made it in the console: the app may mark with these tags, not change them.
fn tag_library(world: &mut World) {
    for (group, names) in [
        ("客户等级", &["普通", "银卡", "金卡", "黑金卡"][..]),
        ("肤质", &["干性", "油性", "混合", "敏感"][..]),
        ("兴趣", &["彩妆", "护肤", "香氛"][..]),
    ] {
        let group = world.new_tag_group(group, 0, false);
        for (order, name) in names.iter().rev().enumerate() {
            world.new_tag(group, name, order as u32, false);
        }
    }
}

fn groups(world: &mut World) {
    for number in 0..world.scale.groups {
        let store = number % world.stores.len();
        let guides = &world.stores[store].guides;
        if guides.is_empty() {
            continue;
        }
        let owner = guides[(number / world.stores.len()) % guides.len()];
        let name = format!("{}福利{}群", world.stores[store].name, number / world.stores.len() + 1);
        world.found_group(store, owner, name, world.start.plus_days(-60));
    }
}

fn friends_before(world: &mut World) {
    for person in 0..world.people.len() {
        let store = world.people[person].store;
        let mut dice = world.people[person].dice;
        if world.people[person].ring.is_some() || !dice.chance(world.scale.before) {
            world.people[person].dice = dice;
            continue;
        }
        let guides = &world.stores[store].guides;
        if guides.is_empty() {
            continue;
        }
        let staff = guides[dice.below(guides.len())];
        // Who is still there has proved patient: the longer the rarer.
        let since = world.start.plus_seconds((-86_400.0 * (1.0 + dice.exponential(200.0).min(700.0))) as i64);
        world.people[person].dice = dice;
        world.people[person].arrived = Some(since);
        world.people[person].bait = false;
        world.now = since;
        let relation = world.new_relation(staff, person, 1, Source::Personal, true, Status::Active);
        world.relations[relation].welcomed = true;
        world.now = world.start;
        world.people[person].load_at = world.start;
        if world.people[person].dice.chance(parameters::JOINS_GROUP) {
            let open = world.stores[store].groups.clone();
            let choice = open[..].get(world.people[person].dice.below(open.len())).copied();
            if let Some(group) = choice.filter(|&g| world.groups[g].members.len() < parameters::GROUP_SIZE_BY_CODE) {
                let joined = since.max(world.groups[group].created);
                world.seat(group, person, joined, 1, Some(staff), String::new());
            }
        }
    }
}

fn agenda(world: &mut World) {
    let first_day = calendar::day(world.start);
    let weights: Vec<f64> = (0..parameters::ARRIVAL_DAYS as i32)
        .map(|day| if calendar::weekend(first_day + day) { parameters::WEEKEND } else { 1.0 })
        .collect();
    let mut ring_at: HashMap<usize, Time> = HashMap::new();
    for person in 0..world.people.len() {
        let mut dice = world.people[person].dice;
        if world.people[person].arrived.is_none() {
            let day = dice.weighted(weights.iter().copied());
            let local = (dice.between(9.5, 22.5) * 3600.0) as i64;
            let mut at = calendar::start_of(first_day + day as i32).plus_seconds(local);
            if let Some(ring) = world.people[person].ring {
                // The accounts of one owner come within the hour.
                let first = *ring_at.entry(ring).or_insert(at);
                at = first.plus_seconds(dice.below(3600) as i64);
            }
            if world.people[person].ring.is_some() || !dice.chance(parameters::NEVER_ARRIVE) {
                world.plan(at.max(world.start), Plan::Arrive(person));
            }
        } else {
            let days = dice.exponential(1.0 / parameters::OTHER_REASONS_PER_DAY);
            let relation = world.people[person].relations[0];
            world.plan(after(world.start, days * 24.0), Plan::Leave { relation, reasons: Reasons::default() });
        }
        world.people[person].dice = dice;
        world.plan_purchase(person);
        world.plan_invitation(person);
    }
    for staff in 0..world.staff.len() {
        if !world.staff[staff].serves {
            continue;
        }
        world.plan(
            calendar::start_of(first_day + 1).plus_seconds(10 * 3600 + staff as i64 % 3600),
            Plan::StaffDay(staff),
        );
        let days = world.staff[staff].dice.exponential(parameters::ARRIVAL_DAYS / parameters::GUIDES_LEAVE);
        world.plan_at_work(days * 24.0, Plan::Resign(staff));
    }
    for group in 0..world.groups.len() {
        world.plan(calendar::start_of(first_day).plus_seconds(20 * 3600 + group as i64 % 3000), Plan::GroupDay(group));
    }
}
