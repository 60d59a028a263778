//! Every number the world is made of, with its source. Change a number here and nowhere else.
//!
//! Marks: **[M]** calibrated to what operators report of private-domain customers, the tests of `tests/world.rs` measure it; **[P]** the
//! platform's documented rule; **[L]** literature; **[A]** assumed, because nobody publishes it: plausible, and without an effect that we rely on.

// ---------------------------------------------------------------------------------------------------------------- the brand

/// How large a brand is. Any numbers will do; three sizes have a name.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    pub stores: usize,
    pub guides: usize,
    /// People within the brand's reach. Most arrive during [`ARRIVAL_DAYS`].
    pub people: usize,
    pub groups: usize,
    /// The share of people who are friends of a guide before the world starts; only a full sync finds them.
    pub before: f64,
}

impl Scale {
    /// The demo's brand.
    pub const SMALL: Scale = Scale { stores: 12, guides: 60, people: 20_000, groups: 60, before: 0.2 };
    /// A brand of a large city, four times as many of everything.
    pub const CITY: Scale = Scale { stores: 48, guides: 240, people: 80_000, groups: 240, before: 0.2 };
    /// A regional chain. A national chain of 2,600 stores is reached by numbers of your own.
    pub const CHAIN: Scale = Scale { stores: 240, guides: 1_200, people: 400_000, groups: 1_200, before: 0.2 };
    /// For tests: a morning's work.
    pub const TINY: Scale = Scale { stores: 2, guides: 6, people: 300, groups: 4, before: 0.3 };

    /// `small`, `city`, `chain` or `tiny`.
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "small" => Self::SMALL,
            "city" => Self::CITY,
            "chain" => Self::CHAIN,
            "tiny" => Self::TINY,
            _ => return None,
        })
    }
}

/// [A] Cities and their share of stores. The first holds headquarters.
pub const CITIES: [(&str, f64); 8] = [
    ("杭州", 0.25),
    ("上海", 0.2),
    ("南京", 0.12),
    ("苏州", 0.12),
    ("宁波", 0.1),
    ("合肥", 0.08),
    ("武汉", 0.08),
    ("成都", 0.05),
];
/// [A] The share of guides who leave the brand within a quarter, of an annual turnover in retail of about a third.
pub const GUIDES_LEAVE: f64 = 0.08;
/// [A] Members of headquarters without customers: operators and a manager.
pub const OFFICE_STAFF: usize = 5;
/// [A] Guides answer and confirm from 9 to 21 o'clock in the brand's zone.
pub const OPEN_HOUR: i64 = 9;
pub const CLOSE_HOUR: i64 = 21;
/// China has one zone and no summer time; days of quota and statistics are its days [P].
pub const ZONE_SECONDS: i64 = 8 * 3600;
/// [A] A guide's diligence, the chance that a task of theirs is confirmed at all, Beta(a, b): mean 0.8, some at 0.4.
pub const DILIGENCE: (f64, f64) = (6.0, 1.5);
/// [A] Hours until a diligent guide confirms a task, within opening hours: median and spread.
pub const CONFIRM_HOURS: (f64, f64) = (1.5, 0.9);
/// [A] A reminder brings this share of those who would not have confirmed.
pub const REMINDED: f64 = 0.5;
/// [A] Remarks or tags a guide edits in the client in a day, and customers a guide deletes in a quarter.
pub const EDITS_PER_DAY: f64 = 0.15;
pub const DELETES_PER_QUARTER: f64 = 1.0;

// --------------------------------------------------------------------------------------------------------- arrival, by channel

/// An entrance into the private domain.
pub struct Channel {
    /// A contact way whose `state` or remark contains this word is put up here; others go round.
    pub word: &'static str,
    pub name: &'static str,
    /// Share of the arrivals.
    pub weight: f64,
    /// [A] Buying rate, patience and share of bait hunters, as multiples of the average: paid reach brings many who came for the gift.
    pub rate: f64,
    pub patience: f64,
    pub bait: f64,
}

/// [A] The entrances of a retail brand; weights of a store-led brand, as over 80 % of revenue is of the same city [M].
pub const CHANNELS: [Channel; 8] = [
    Channel { word: "store", name: "门店台卡", weight: 0.34, rate: 1.3, patience: 1.15, bait: 0.5 },
    Channel { word: "parcel", name: "包裹卡", weight: 0.16, rate: 1.2, patience: 1.1, bait: 0.8 },
    Channel { word: "guide", name: "导购名片", weight: 0.14, rate: 1.2, patience: 1.2, bait: 0.4 },
    Channel { word: "article", name: "公众号文章", weight: 0.1, rate: 0.9, patience: 1.0, bait: 0.9 },
    Channel { word: "live", name: "直播间", weight: 0.08, rate: 0.9, patience: 0.9, bait: 1.2 },
    Channel { word: "ad", name: "广告投放", weight: 0.08, rate: 0.5, patience: 0.8, bait: 2.2 },
    Channel { word: "elevator", name: "电梯广告", weight: 0.05, rate: 0.6, patience: 0.85, bait: 1.8 },
    Channel { word: "kol", name: "达人种草", weight: 0.05, rate: 0.7, patience: 0.9, bait: 1.6 },
];
/// Days over which those who are not friends yet arrive. The demo lives through as many.
pub const ARRIVAL_DAYS: f64 = 90.0;
/// [A] Of the people within reach, those who never scan anything: they buy in the store and are the room for enrolment.
pub const NEVER_ARRIVE: f64 = 0.08;
/// [A] Arrivals on a Saturday or Sunday, as a multiple of a working day's.
pub const WEEKEND: f64 = 1.6;
/// [A] Of those who scan a code without verification, the share whose guide has not opened the chat yet: first half a friend [P].
pub const HALF_ADDED: f64 = 0.1;
/// [A] Minutes until a half friend becomes one, and until a guide accepts a request.
pub const ACCEPT_MINUTES: f64 = 25.0;
/// [A] Customers of one member before 40099 [P: 5,000 at first].
pub const CUSTOMERS_PER_MEMBER: usize = 5_000;
/// [A] The chance that a new friend joins a group of their store within the day.
pub const JOINS_GROUP: f64 = 0.35;
/// [A] Half of those who join scan a code, the others are invited by the guide.
pub const JOINS_BY_CODE: f64 = 0.5;
/// [A] WeCom users of other corps among customers (`wo…`): suppliers and colleagues.
pub const BUSINESS_USERS: f64 = 0.004;
/// [A] The corp has bound a developer id, yet some customers' UnionID is not given.
pub const WITHOUT_UNION_ID: f64 = 0.03;

// -------------------------------------------------------------------------------------------------------------------- buying

/// [L] Fader, Hardie and Lee (2005), "Counting your customers the easy way": BG/NBD fitted to CDNOW: purchases a week are Gamma(r, α),
/// each purchase is the last with chance Beta(a, b). α is lowered from 4.414, as a beauty brand is bought about twice as often as CDs [A].
pub const BUYING_SHAPE: f64 = 0.55;
pub const BUYING_RATE: f64 = 6.0;
pub const DROPOUT: (f64, f64) = (0.793, 2.426);
/// The largest multiple of their own rate at which somebody buys. Candidates are drawn at this rate and thinned out.
pub const BUYING_MOST: f64 = 3.0;
/// [M] Friends of a guide buy more: with recommendations by one they trust. [A] the size of it.
pub const FRIENDS_BUY: f64 = 1.5;
/// [M] Groups of 40 to 100 convert better than big ones: multiples for members of small, good and big groups. [A] the sizes.
pub const GROUP_BUYS: (f64, f64, f64) = (1.15, 1.4, 1.05);
/// [M] Over 90 % of private-domain revenue goes through the guide, over 80 % is of the same city.
pub const THROUGH_GUIDE: f64 = 0.93;
pub const SAME_CITY: f64 = 0.86;
/// [A] Basket: items beyond the first (Poisson), refunds, and their delay in days.
pub const MORE_ITEMS: f64 = 0.7;
pub const REFUNDS: f64 = 0.05;
pub const REFUND_DAYS: f64 = 5.0;
/// [A] Share of the visits without a purchase that put something into the cart.
pub const CARTS: f64 = 0.25;

// ----------------------------------------------------------------------------------------------------------------- attention

/// [M] 36 % of customers leave soon. Measured under [`REFERENCE_MESSAGES_PER_WEEK`], within 30 days of adding.
pub const LEAVE_SOON: f64 = 0.36;
pub const REFERENCE_MESSAGES_PER_WEEK: f64 = 3.5;
/// [M] 60 % of leavers name poor content, 48 % harassment (some name both).
pub const NAMES_CONTENT: f64 = 0.60;
pub const NAMES_HARASSMENT: f64 = 0.48;
/// [A] Who left for one of the two names the other as well.
pub const NAMES_BOTH: f64 = 0.12;
/// [M] 72 % accept at most five brands. Shares of people who accept 1, 2, … 10.
pub const BRANDS_ACCEPTED: [f64; 10] = [0.08, 0.14, 0.18, 0.17, 0.15, 0.10, 0.07, 0.05, 0.03, 0.03];
/// Messages of one brand a week that bother nobody: median and spread; scaled by how many brands somebody accepts. [A], fitted to the three above.
pub const BUDGET_PER_WEEK: (f64, f64) = (3.6, 0.55);
/// What counts against the budget: a message in the chat, in a group, in a muted group, a moment. [A]
pub const WEIGHT_SINGLE: f64 = 1.0;
pub const WEIGHT_GROUP: f64 = 0.3;
pub const WEIGHT_MUTED: f64 = 0.05;
pub const WEIGHT_MOMENT: f64 = 0.15;
/// Days in which the memory of a message fades by a factor e.
pub const MEMORY_DAYS: f64 = 7.0;
/// Hazard of giving up, for each message, times how far the load is above the budget (0 below it). Fitted.
pub const ANGER: f64 = 0.125;
/// Hazard of giving up, for each message that says nothing to its reader. Fitted.
pub const BOREDOM: f64 = 0.047;
/// [A] The chance that an ordinary message says nothing to its reader; personal, useful and repeated ones differ.
pub const DULL: f64 = 0.55;
pub const DULL_PERSONAL: f64 = 0.3;
pub const DULL_OFFER: f64 = 0.4;
pub const DULL_REPEATED: f64 = 0.95;
/// [A] Giving up means muting for some, deleting for the others. Who has muted hears [`WEIGHT_MUTED`] of it.
pub const MUTES: f64 = 0.35;
/// Bait hunters leave within days, and say the content was poor: their share at the average channel. Fitted.
pub const BAIT: f64 = 0.085;
pub const BAIT_DAYS: f64 = 4.0;
/// Leaving for reasons of one's own, a day.
pub const OTHER_REASONS_PER_DAY: f64 = 0.0006;

// ---------------------------------------------------------------------------------------------------------------- what works

/// [A] What a message does to a reader, as in uplift studies: persuadable, buys anyway, never buys because of it, or is put off by it.
pub const PERSUADABLE: f64 = 0.35;
pub const SURE: f64 = 0.25;
pub const PUT_OFF: f64 = 0.08;
/// [A] A persuadable reader buys within hours after an interesting message, times 1 + price sensitivity × discount.
pub const CONVERTS: f64 = 0.02;
/// [A] Price sensitivity is Beta(2, 3); a message that speaks of money off is taken as one fifth off.
pub const SENSITIVITY: (f64, f64) = (2.0, 3.0);
pub const OFFER_WORTH: f64 = 4.0;
/// [A] Share of the messages in a chat that are answered, and hours until then (mean).
pub const REPLIES: f64 = 0.06;
pub const REPLIES_TO_WELCOME: f64 = 0.25;
pub const REPLY_HOURS: f64 = 2.0;
/// [A] What is seen of what is delivered: in the chat, in a group, as a moment; by who has muted, a tenth of it.
pub const SEEN: (f64, f64, f64) = (0.7, 0.35, 0.2);
pub const SEEN_MUTED: f64 = 0.1;
/// [A] Recommendations a guide sends of their own accord in a day, to single customers.
pub const GUIDE_SHARES_PER_DAY: f64 = 3.0;
/// [A] Messages of customers in a group, in a day, for each member.
pub const GROUP_TALK: f64 = 0.04;
/// [A] Share of those who see a moment that like it.
pub const LIKES: f64 = 0.08;
/// [A] Share of the customers' messages a guide answers.
pub const GUIDE_ANSWERS: f64 = 0.85;

// ------------------------------------------------------------------------------------------------------- spreading and cheating

/// [A] Invitations by a friend, a week; who invites is one in eight, and better customers do more.
pub const SHARERS: f64 = 0.12;
pub const SHARES_PER_WEEK: f64 = 0.25;
/// [A] An invitation is taken up.
pub const INVITED_COMES: f64 = 0.3;
/// [A] Cheats: accounts of one owner, on one device and address, arriving within the hour for the bait and gone within the day.
pub const CHEATS: f64 = 0.012;
pub const ACCOUNTS_OF_A_CHEAT: usize = 12;

// ------------------------------------------------------------------------------------------------------------ the platform's rules

/// [P] The documented value.
pub const TOKEN_SECONDS: i64 = 7200;
/// [A] "renewed near expiry": so many seconds before it ends, a new token is given out; the old one ends at its time.
pub const TOKEN_RENEWED: i64 = 300;
/// [A] Wrong secrets from an address until it is shut out for an hour [P].
pub const WRONG_SECRETS: u32 = 20;
/// [P] Calls of one cgi by one corp, and by one address: in a minute, in an hour.
pub const CALLS_CORP: (u32, u32) = (10_000, 150_000);
pub const CALLS_ADDRESS: (u32, u32) = (20_000, 600_000);
/// [A] Calls of one cgi under way at the same time before 45033 [P: not published, advice is 3 to 5].
pub const CALLS_AT_ONCE: usize = 32;
/// [P] jsapi tickets: a corp 400 an hour, an app 100.
pub const TICKETS_CORP: u32 = 400;
pub const TICKETS_AGENT: u32 = 100;
/// [P] A welcome code lives 20 s, counted from the moment its callback is due.
pub const WELCOME_SECONDS: i64 = 20;
/// [P] Messages to one member: 30 a minute, 1000 an hour; the surplus is dropped without a word.
pub const MEMBER_MESSAGES: (u32, u32) = (30, 1000);
/// [P] uploadimg: 3000 a month, 1000 a day.
pub const IMAGES: (u32, u32) = (3000, 1000);
/// [P] add_moment_task: 10 a minute, 100 000 a month.
pub const MOMENT_TASKS: (u32, u32) = (10, 100_000);
/// [P] Contact ways and join ways together.
pub const CODES: usize = 500_000;
/// [P] Members of a group; the QR code stops at the second number.
pub const GROUP_SIZE: usize = 500;
pub const GROUP_SIZE_BY_CODE: usize = 200;
/// [P] The documented value.
pub const TAGS: usize = 10_000;
pub const TAGS_PER_CUSTOMER: usize = 3_000;
/// [P] "Right after creation" reading a mass message answers 41063: for so long. [A] the length.
pub const DISPATCH_SECONDS: i64 = 2;
/// [P] An on-job transfer takes effect after a day; [A] of the customers asked, the share who refuse.
pub const TRANSFER_SECONDS: i64 = 86_400;
pub const TRANSFER_REFUSED: f64 = 0.05;
/// [P] Groups an owner at work may give away in a day.
pub const GROUPS_HANDED_OVER: usize = 300;
/// [P] A callback is answered within 5 s, and tried three times. [A] the pause in real milliseconds between two attempts.
pub const CALLBACK_SECONDS: u64 = 5;
pub const CALLBACK_ATTEMPTS: u32 = 3;
pub const CALLBACK_PAUSE_MS: u64 = 50;
/// [A] Callbacks under way at the same time.
pub const CALLBACKS_AT_ONCE: usize = 32;
/// How far one call of the control surface may put the clock forward: a mistyped date is not lived through.
pub const ADVANCE_DAYS: i64 = 366;
/// [P] Uploaded media live three days.
pub const MEDIA_SECONDS: i64 = 3 * 86_400;
/// [P] Quota of the acquisition links a sandbox corp has bought. [A]
pub const LINK_QUOTA: i64 = 10_000;
