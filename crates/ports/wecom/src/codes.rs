//! The error codes of WeCom that call for something: what each means and what to do about it.

/// What follows from a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// The access token is no longer good: fetch another, repeat once.
    Token,
    /// Busy or still at work: later, a few times. Nothing was done.
    Busy,
    /// "System busy": whether something was done is not known.
    Unclear,
    /// A limit over a window: not before it has passed.
    Window,
    /// Somebody must change a setting, and it stops every call of this app.
    Stopped,
    /// Somebody must change a setting; other calls go on.
    Configure,
    /// This input will never be accepted.
    Input,
    /// It is already as wanted.
    Done,
    /// The uploaded file has expired or is of another kind: upload again, repeat once.
    Media,
    /// The JS-SDK ticket is no longer good.
    Ticket,
    /// The person must log in again.
    Login,
}

/// A code with its sentences. Nothing in it came over the network.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    pub code: i64,
    /// Stable, for programs and metrics.
    pub name: &'static str,
    pub act: Act,
    pub en: &'static str,
    pub zh: &'static str,
    advice: Option<(&'static str, &'static str)>,
}

impl Code {
    pub fn advice_en(&self) -> &'static str {
        self.advice.unwrap_or(self.act.advice()).0
    }
    pub fn advice_zh(&self) -> &'static str {
        self.advice.unwrap_or(self.act.advice()).1
    }
}

impl Act {
    fn advice(self) -> (&'static str, &'static str) {
        match self {
            Act::Token => ("The token is fetched anew by itself; nothing to do.", "系统会自动刷新凭证，无需处理。"),
            Act::Busy => ("It is tried again by itself.", "系统会自动重试。"),
            Act::Unclear => ("Look whether it was done before trying again.", "请先确认是否已执行，再决定是否重试。"),
            Act::Window => ("Wait until the window has passed.", "请等待限制时间过去。"),
            Act::Stopped | Act::Configure => {
                ("Change the setting in WeCom's admin console.", "请在企业微信管理后台修改相应配置。")
            }
            Act::Input => ("Correct the input; repeating will not help.", "请修正内容，重试无效。"),
            Act::Done => ("Nothing to do.", "无需处理。"),
            Act::Media => ("Upload the file again.", "请重新上传素材。"),
            Act::Ticket => ("Fetch the ticket again.", "请重新获取 ticket。"),
            Act::Login => ("Start the login again.", "请重新发起登录授权。"),
        }
    }
}

/// The entry of a code; one that says "unknown" for a code that is not listed.
pub fn of(code: i64) -> &'static Code {
    CODES.binary_search_by_key(&code, |entry| entry.code).map_or(&UNKNOWN, |at| &CODES[at])
}

/// The entry of a name that was kept.
pub fn named(name: &str) -> Option<&'static Code> {
    CODES.iter().find(|entry| entry.name == name)
}

/// All entries in the order of their numbers, for a page that explains them.
pub fn all() -> &'static [Code] {
    CODES
}

static UNKNOWN: Code = code(
    i64::MIN,
    "unknown_code",
    Act::Input,
    "WeCom refused with a code that is not in our list.",
    "企业微信返回了未收录的错误码。",
);

const fn code(code: i64, name: &'static str, act: Act, en: &'static str, zh: &'static str) -> Code {
    Code { code, name, act, en, zh, advice: None }
}

const fn told(mut code: Code, en: &'static str, zh: &'static str) -> Code {
    code.advice = Some((en, zh));
    code
}

use Act::*;

#[rustfmt::skip]
static CODES: &[Code] = &[
    code(-1, "system_busy", Unclear, "WeCom is busy.", "企业微信系统繁忙。"),
    told(code(40001, "invalid_secret", Stopped, "The secret is wrong.", "应用 Secret 不正确。"),
        "Copy the app's secret again from the admin console. Repeated attempts with a wrong one block this address for an hour.",
        "请从管理后台重新复制应用 Secret；多次使用错误的 Secret 会使本机 IP 被封禁一小时。"),
    code(40003, "invalid_userid", Input, "No such employee id.", "成员账号无效。"),
    code(40007, "invalid_media", Media, "The media id is invalid: three days have passed or it is of another kind.", "素材无效：已超过三天或类型不符。"),
    code(40008, "invalid_msgtype", Input, "The kind of message is invalid.", "消息类型无效。"),
    told(code(40013, "invalid_corpid", Stopped, "The corp id is wrong.", "企业 ID 不正确。"),
        "Copy the corp id from My Enterprise in the admin console.", "请在管理后台“我的企业”中复制企业 ID。"),
    code(40014, "invalid_token", Token, "The access token is invalid.", "access_token 无效。"),
    code(40029, "invalid_oauth_code", Login, "The login code is invalid or was used.", "登录 code 无效或已使用。"),
    code(40032, "userid_list_length", Input, "The list of employees is empty or too long.", "成员列表长度不合法。"),
    code(40033, "illegal_characters", Input, "The request has illegal characters.", "请求含有非法字符。"),
    code(40035, "illegal_parameter", Input, "A parameter is illegal.", "参数不合法。"),
    told(code(40056, "invalid_agentid", Configure, "The agent id is wrong.", "AgentID 不正确。"),
        "Copy the agent id of the self-built app.", "请核对自建应用的 AgentID。"),
    told(code(40057, "callback_not_verified", Configure, "The callback address could not be verified.", "回调地址校验失败。"),
        "Check address, Token and EncodingAESKey on both sides.", "请核对回调 URL、Token 与 EncodingAESKey。"),
    code(40058, "wrong_parameter", Input, "A parameter is missing or not allowed.", "参数缺失或不合法。"),
    code(40063, "empty_parameter", Input, "A parameter is empty.", "参数为空。"),
    told(code(40068, "invalid_tag", Input, "No such tag.", "标签不存在。"), "Sync the tags again.", "请重新同步标签库。"),
    code(40071, "tag_name_exists", Input, "A tag of this name exists.", "标签名称已存在。"),
    code(40072, "tag_name_length", Input, "The tag's name is too long or empty.", "标签名称长度不合法。"),
    code(40078, "invalid_auth_code", Input, "The authorisation code is invalid.", "授权码无效。"),
    code(40093, "invalid_ticket", Ticket, "The JS-SDK ticket is invalid.", "jsapi_ticket 无效。"),
    code(40096, "invalid_external_userid", Input, "No such customer for this app.", "客户 ID 无效或不在可见范围。"),
    told(code(40098, "staff_not_verified", Input, "The employee has not verified their name.", "成员未完成实名认证。"),
        "Ask the employee to verify their name in WeCom.", "请该成员在企业微信中完成实名认证。"),
    told(code(40099, "staff_full", Input, "The employee has as many customers as allowed.", "成员的客户数已达上限。"),
        "Choose another employee.", "请改用其他成员。"),
    code(40100, "already_in_transfer", Done, "The customer is already being transferred.", "客户已在转接中。"),
    code(40126, "tags_full", Input, "The corp has as many tags as allowed.", "企业标签数已达上限。"),
    code(40128, "transferred_too_often", Input, "The customer was transferred twice within 90 days.", "该客户 90 天内已转接两次。"),
    code(41001, "token_missing", Token, "The access token is missing.", "缺少 access_token。"),
    code(41004, "secret_missing", Stopped, "The secret is missing.", "缺少应用 Secret。"),
    code(41035, "external_userid_missing", Input, "The customer id is missing.", "缺少客户 ID。"),
    code(41037, "contact_way_type_missing", Input, "The live code has no type.", "联系我缺少类型。"),
    code(41038, "contact_way_type", Input, "The live code's type is invalid.", "联系我类型无效。"),
    code(41039, "contact_way_scene", Input, "The live code's scene is missing or invalid.", "联系我场景无效。"),
    code(41040, "contact_way_style", Input, "The live code's style is invalid.", "联系我样式无效。"),
    told(code(41041, "contact_way_users", Input, "The live code has more than 100 employees, departments expanded.", "活码成员（含部门展开）超过 100 人。"),
        "Use fewer employees.", "请减少成员数量。"),
    code(41042, "contact_way_invalid", Input, "The live code's settings are invalid.", "联系我配置无效。"),
    code(41043, "config_id_missing", Input, "The live code's id is missing.", "缺少活码 config_id。"),
    told(code(41044, "config_id_invalid", Input, "No such live code.", "活码不存在。"),
        "The code was deleted or belongs to another app: make a new one.", "活码已删除或属于其他应用，请重新创建。"),
    told(code(41045, "contact_ways_full", Configure, "The corp has as many live codes as allowed (500,000).", "活码数量已达上限（50 万）。"),
        "Delete codes that are no longer used.", "请删除不再使用的活码。"),
    code(41046, "msgid_missing", Input, "The mass message's id is missing.", "缺少群发消息 ID。"),
    code(41047, "msgid_invalid", Input, "No such mass message.", "群发消息不存在。"),
    code(41048, "nobody_to_send_to", Input, "No customer can receive this message.", "没有可发送的客户。"),
    code(41049, "welcome_code_missing", Input, "The welcome code is missing.", "缺少欢迎语 code。"),
    code(41050, "welcome_code_expired", Input, "The welcome code is invalid, used or older than 20 seconds.", "欢迎语 code 无效、已使用或超过 20 秒。"),
    code(41051, "already_welcomed", Done, "The two already talk, or the welcome has been delivered.", "双方已开始聊天或欢迎语已发送。"),
    code(41053, "archive_not_agreed", Input, "The customer has not agreed to the archiving yet.", "客户尚未同意会话存档。"),
    told(code(41054, "staff_not_active", Input, "The employee is not activated.", "成员未激活。"),
        "Ask the employee to log in to WeCom.", "请该成员登录企业微信激活账号。"),
    code(41055, "group_welcomes_full", Input, "There are 100 group welcome templates already.", "入群欢迎语素材已达 100 个。"),
    code(41056, "external_userid_kind", Input, "A WeChat customer is needed here, not one of another corp.", "此处需要微信客户，而非其他企业的成员。"),
    told(code(41057, "no_wechat_bound", Configure, "The corp has bound no WeChat developer account.", "企业未绑定微信开发者 ID。"),
        "Bind it under Customer Contact, API.", "请在“客户联系-API”中绑定微信开发者 ID。"),
    code(41058, "not_creator", Input, "Only the app that made the template may change it.", "仅创建者可修改该素材。"),
    code(41059, "moment_id_missing", Input, "The moment's id is missing.", "缺少朋友圈 ID。"),
    code(41060, "moment_id_invalid", Input, "No such moment.", "朋友圈不存在。"),
    code(41061, "moment_not_theirs", Input, "That employee did not publish this moment.", "该成员未发表此朋友圈。"),
    code(41062, "moment_not_published", Input, "That employee has not published yet.", "该成员尚未发表。"),
    told(code(41063, "being_dispatched", Busy, "The mass message is still being dispatched.", "群发任务仍在分发中。"),
        "Ask again after half a minute.", "请半分钟后再查询。"),
    code(41064, "too_many_attachments", Input, "There are too many attachments.", "附件数量过多。"),
    code(41065, "attachment_kind", Input, "The kind of attachment is not allowed.", "附件类型不支持。"),
    code(41067, "moment_kind", Input, "The kind of moment is not allowed here.", "朋友圈类型不符。"),
    code(41068, "intercept_words", Input, "The list of words is too long.", "敏感词列表过长。"),
    code(41069, "intercept_rules_full", Input, "There are too many intercept rules.", "敏感词规则过多。"),
    code(41070, "intercept_rule_invalid", Input, "No such intercept rule.", "敏感词规则不存在。"),
    code(41071, "intercept_rule_deleted", Input, "The intercept rule was deleted.", "敏感词规则已删除。"),
    code(41072, "upload_kind", Input, "The file's kind does not fit the attachment's.", "素材类型与附件类型不符。"),
    code(41073, "album_description", Input, "The product's description is invalid.", "商品描述无效。"),
    code(41074, "album_deleted", Input, "The product was deleted.", "商品已删除。"),
    code(41075, "album_invalid", Input, "No such product.", "商品不存在。"),
    code(41076, "intercept_range", Input, "The rule's range is too large.", "敏感词适用范围过大。"),
    code(41077, "intercept_name", Input, "A rule of this name exists.", "敏感词规则名称重复。"),
    code(41078, "too_many_moment_jobs", Busy, "Too many moments are being dispatched.", "朋友圈任务并发过多。"),
    code(41079, "moment_being_dispatched", Busy, "The moment is still being dispatched.", "朋友圈仍在分发中。"),
    code(41080, "upload_size", Input, "The file's size is not allowed.", "素材大小不合法。"),
    code(41081, "upload_resolution", Input, "The picture's size in pixels is not allowed.", "图片分辨率不合法。"),
    code(41082, "upload_duration", Input, "The video is too long.", "视频时长不合法。"),
    code(41083, "intercept_word", Input, "A word of the rule is invalid.", "敏感词无效。"),
    code(41084, "intercept_semantics", Input, "The rule's kind of content is invalid.", "语义规则无效。"),
    code(41085, "album_sn", Input, "The product's number is invalid.", "商品编号无效。"),
    code(41086, "album_price", Input, "The product's price is invalid.", "商品价格无效。"),
    code(41087, "album_text", Input, "The product's text is invalid.", "商品文字无效。"),
    code(41089, "moment_empty", Input, "The moment has neither text nor attachment.", "朋友圈文字与附件均为空。"),
    code(41090, "video_not_mp4", Input, "The video is not MP4.", "视频须为 MP4。"),
    code(41091, "too_many_chats", Input, "A join code takes five groups at most.", "加群码最多关联 5 个群。"),
    code(41093, "already_cancelled", Done, "The mass message is already stopped.", "群发任务已停止。"),
    told(code(41094, "reminded_too_often", Input, "The staff was reminded three times within 24 hours.", "24 小时内已提醒三次。"),
        "Remind tomorrow.", "请明天再提醒。"),
    told(code(41095, "acquisition_links_full", Configure, "No more acquisition links are allowed.", "获客链接数量已达上限。"),
        "Delete links that are no longer used.", "请删除不再使用的获客链接。"),
    code(41096, "welcome_in_progress", Busy, "Another app is sending the welcome.", "其他应用正在发送欢迎语。"),
    code(42001, "token_expired", Token, "The access token has expired.", "access_token 已过期。"),
    code(42014, "card_task_illegal", Input, "The card's task id is illegal.", "卡片 task_id 不合法。"),
    code(42015, "card_other_app", Input, "The card belongs to another app.", "卡片属于其他应用。"),
    code(42016, "card_task_unknown", Input, "No such card.", "卡片不存在。"),
    code(42017, "card_key_unknown", Input, "The card has no such button.", "卡片按钮不存在。"),
    code(42018, "card_key_illegal", Input, "The button's key is illegal.", "卡片按钮 key 不合法。"),
    code(42019, "card_key_missing", Input, "The button's key is missing.", "缺少卡片按钮 key。"),
    code(42020, "card_text_missing", Input, "The button's text is missing.", "缺少卡片按钮文字。"),
    code(42021, "card_not_updatable", Input, "The card cannot be changed.", "卡片无法更新。"),
    code(42022, "card_code_used", Input, "The card's response code has been used.", "卡片 response_code 已使用。"),
    code(43004, "plugin_not_bound", Input, "The employee has not bound the WeChat plug-in.", "成员未绑定微信插件。"),
    told(code(43012, "callback_needed", Configure, "Interactive cards need a callback address.", "发送交互卡片需先配置回调地址。"),
        "Set the app's callback address first.", "请先配置应用的接收消息 URL。"),
    code(44001, "media_empty", Input, "The file is empty.", "素材文件为空。"),
    code(44004, "text_empty", Input, "The text is empty.", "文本内容为空。"),
    code(45001, "media_too_large", Input, "The file is too large.", "素材文件过大。"),
    code(45002, "text_too_long", Input, "The text is too long.", "文本内容过长。"),
    told(code(45009, "rate_limited", Window, "The API's call limit is reached.", "接口调用超过频率限制。"),
        "The calls wait by themselves: 60 seconds for the limit of a minute, an hour for that of an hour.", "系统会自动等待：分钟限制等 60 秒，小时限制等 60 分钟。"),
    code(45033, "too_many_at_once", Busy, "Too many calls of this API at once.", "接口并发调用超过限制。"),
    code(45035, "conflicting_operation", Busy, "The same customer is being changed by another call.", "同一客户正被其他操作修改。"),
    code(46004, "user_not_found", Input, "No employee with this phone or mail.", "未找到该手机号或邮箱对应的成员。"),
    told(code(48001, "api_not_authorised", Configure, "The app may not call this API.", "应用无权调用该接口。"),
        "Add the app under Customer Contact, API, callable apps.", "请在“客户联系-API-可调用接口的应用”中勾选该应用。"),
    told(code(48002, "api_forbidden", Configure, "The app has no permission for this API.", "应用没有该接口权限。"),
        "Add the app under Customer Contact, API, callable apps, and use this app's own secret.", "请在“客户联系-API-可调用接口的应用”中勾选该应用，并使用该应用自己的 Secret。"),
    told(code(48009, "contacts_secret_forbidden", Configure, "The contacts secret may not read details from this address.", "通讯录同步 Secret 不允许从该 IP 读取成员详情。"),
        "Read staff with the app's own secret.", "请使用自建应用的 Secret 读取成员。"),
    told(code(50001, "redirect_domain", Configure, "The page's domain is not trusted by the app.", "网页域名不是应用的可信域名。"),
        "Enter the domain under the app's web authorisation.", "请在应用的“网页授权及 JS-SDK”中配置可信域名。"),
    told(code(50002, "staff_out_of_range", Configure, "The employee is outside the app's visible range.", "成员不在应用可见范围内。"),
        "Widen the app's visible range.", "请扩大应用的可见范围。"),
    told(code(50003, "app_disabled", Stopped, "The app is disabled.", "应用已停用。"), "Enable the app.", "请启用该应用。"),
    told(code(60011, "no_privilege", Configure, "No permission for this employee, department or tag.", "对该成员、部门或标签没有权限。"),
        "Widen the app's visible range.", "请扩大应用的可见范围。"),
    told(code(60020, "ip_not_trusted", Stopped, "This server's address is not trusted by the app.", "本机 IP 不在应用的企业可信 IP 中。"),
        "Enter the address (it stands in the message) under the app's trusted IPs; it applies after a minute.", "请把提示中的 IP 加入应用的“企业可信 IP”，约一分钟后生效。"),
    told(code(60111, "userid_not_found", Input, "No such employee.", "成员不存在。"), "Sync the staff again.", "请重新同步通讯录。"),
    code(60136, "record_not_found", Input, "No such record.", "记录不存在。"),
    code(81013, "nobody_valid", Input, "No receiver is valid.", "接收人全部无效。"),
    told(code(81017, "too_many_asked", Input, "Too much was asked for at once.", "一次请求的数据过多。"), "Ask for fewer owners at a time.", "请按群主分批查询。"),
    code(82001, "no_receiver", Input, "The message has no receiver.", "消息没有接收人。"),
    code(84014, "ticket_expired", Login, "The user ticket has expired.", "user_ticket 已过期。"),
    code(84015, "ticket_invalid", Login, "The user ticket is invalid.", "user_ticket 无效。"),
    told(code(84061, "not_related", Input, "The employee and the customer are no longer in contact.", "成员与客户已无联系关系。"),
        "The relation is marked as lost.", "该关系将标记为已流失。"),
    told(code(84074, "no_contact_permission", Configure, "The employee or app has no permission for customer contact.", "成员或应用没有客户联系权限。"),
        "Add the employee under Customer Contact, permissions.", "请在“客户联系-权限配置”的使用范围中添加该成员。"),
    code(84084, "not_a_follower", Input, "The employee does not follow this customer.", "该成员不是客户的跟进人。"),
    code(86001, "chat_id_invalid", Input, "The chat id is invalid.", "群聊 ID 无效。"),
    code(86003, "chat_missing", Input, "No such chat.", "群聊不存在。"),
    code(90500, "owner_not_resigned", Input, "The group's owner has not left.", "群主并未离职。"),
    code(90501, "not_a_customer_group", Input, "Not a customer group.", "不是客户群。"),
    code(90502, "owner_resigned", Input, "The group's owner has left.", "群主已离职。"),
    code(90504, "owner_unchanged", Done, "The group already has this owner.", "群主未发生变化。"),
    code(90507, "group_being_inherited", Done, "The group is already being handed over.", "群聊正在继承中。"),
    code(90508, "group_inherited", Done, "The group has already been handed over.", "群聊已完成继承。"),
    code(90509, "not_a_wecom_group", Input, "Not a customer group of WeCom.", "不是企业微信客户群。"),
    code(301002, "token_of_other_app", Configure, "The token and the agent id belong to different apps.", "access_token 与 AgentID 不属于同一应用。"),
    code(301042, "archive_ip", Configure, "This address may not read the chat archive.", "本机 IP 无权读取会话存档。"),
    code(301052, "archive_expired", Configure, "The chat archive has expired.", "会话存档已到期。"),
    code(301053, "archive_off", Configure, "The chat archive is not enabled.", "会话存档未开启。"),
    code(301058, "archive_too_big", Configure, "The answer was too big: ask for less.", "返回内容过大，请减少单次拉取数量。"),
    code(610003, "scene_invalid", Input, "The scene is invalid.", "scene 参数无效。"),
    code(610014, "unionid_invalid", Input, "The UnionID is invalid.", "UnionID 无效。"),
    code(610015, "open_platform_unverified", Configure, "The mini-program's open platform account is not verified.", "小程序所属开放平台未认证。"),
    code(610016, "corp_unverified", Configure, "The corp is not verified.", "企业未认证。"),
    code(701008, "no_licence", Configure, "None of the employees has a licence.", "成员均没有互通账号许可。"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_and_every_name_is_its_own() {
        assert!(CODES.is_sorted_by_key(|entry| entry.code));
        let mut names: Vec<_> = CODES.iter().map(|entry| entry.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), CODES.len());
        assert_eq!((of(60020).name, of(7).name), ("ip_not_trusted", "unknown_code"));
    }
}
