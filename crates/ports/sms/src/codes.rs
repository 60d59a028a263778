//! What the providers' codes mean, and what to do about each. Two providers' words for one thing are one meaning here.

use crate::provider::Provider;

/// What follows from a meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Nothing was sent: again after so many seconds.
    After(i64),
    /// Not before the next day of Beijing.
    Tomorrow,
    /// Not before marketing is let through again.
    Hours,
    /// It may have been sent: look before repeating.
    Look,
    /// Somebody must change a setting, and it stops every message of this account.
    Stopped,
    /// Somebody must change a setting of this template or signature; others go on.
    Configure,
    /// This message will never be accepted.
    Input,
    /// This number must get nothing more.
    Suppress,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Meaning {
    /// Stable, for programs and metrics.
    pub name: &'static str,
    pub act: Act,
    pub en: &'static str,
    pub zh: &'static str,
    pub advice_en: &'static str,
    pub advice_zh: &'static str,
}

macro_rules! meanings {
    ($($id:ident $name:literal $act:expr, $en:literal, $zh:literal, $advice_en:literal, $advice_zh:literal;)+) => {
        $(pub static $id: Meaning = Meaning { name: $name, act: $act, en: $en, zh: $zh, advice_en: $advice_en, advice_zh: $advice_zh };)+
        /// Every meaning, for a page that explains them.
        pub static ALL: &[&Meaning] = &[$(&$id),+];
    };
}

use Act::*;

meanings! {
    SIGN_REFUSED "sms_sign_refused" Configure, "The signature is not approved, or not for this use.", "短信签名未审核通过，或不适用于该场景。",
        "Check the signature in the provider's console; wait for its approval, then send again.", "请在服务商控制台检查签名状态，审核通过后再发送。";
    TEMPLATE_REFUSED "sms_template_refused" Configure, "The template is unknown, not approved, or belongs to another kind of number.", "短信模板不存在、未审核通过，或与号码类型不符。",
        "Compare the template's code with the provider's console; templates for the mainland and for elsewhere are not the same.", "请核对服务商控制台中的模板编号与状态；国内与国际模板不可混用。";
    PARAMS_WRONG "sms_params_wrong" Input, "The parameters do not fit the template.", "变量与模板不匹配。",
        "Give every place of the approved template one value of the approved kind.", "请为模板中的每个变量提供符合要求的值。";
    PARAMS_LONG "sms_params_long" Input, "A parameter is too long.", "变量超出长度限制。",
        "Shorten the value, or put the fixed part into the template.", "请缩短变量，或将固定内容写入模板。";
    PARAMS_LINK "sms_params_link" Input, "A parameter contains a link, which is not allowed.", "变量中含有链接，服务商不允许。",
        "Put the link's fixed part into the template and have it approved.", "请将链接写入模板并重新提交审核。";
    CONTENT_REFUSED "sms_content_refused" Input, "The text contains words that are not let through.", "短信内容含有敏感词。",
        "Change the values; the provider's console shows the word.", "请修改变量内容，可在服务商控制台查看命中的词。";
    PHONE_WRONG "sms_phone_wrong" Input, "The number is not valid.", "手机号码无效。",
        "Correct the number.", "请修正手机号。";
    MIXED_REGIONS "sms_mixed_regions" Input, "Mainland and foreign numbers cannot be in one request.", "国内与国际号码不能在同一请求中发送。",
        "Report this: requests are split by region before they go out.", "请反馈给开发者：系统本应自动拆分。";
    REQUEST_WRONG "sms_request_wrong" Input, "The provider found the request malformed.", "请求参数不符合服务商要求。",
        "Report this with the detail.", "请将详情反馈给开发者。";
    BLACKLISTED "sms_blacklisted" Suppress, "The number is on the provider's blacklist: its owner has opted out.", "号码在服务商黑名单中（用户已退订）。",
        "Nothing more is sent to it. Its owner can come back by asking the provider.", "系统不会再向该号码发送；如需恢复请联系服务商。";
    PHONE_LIMIT "sms_phone_limit" After(30), "This number has just got a message.", "该号码发送过于频繁。",
        "It goes on by itself.", "系统会自动继续。";
    MINUTE_LIMIT "sms_minute_limit" After(60), "The minute's limit is reached.", "触发分钟级流控。",
        "It goes on by itself.", "系统会自动继续。";
    HOUR_LIMIT "sms_hour_limit" After(3600), "The hour's limit is reached.", "触发小时级流控。",
        "It goes on by itself; the limit can be changed in the provider's console.", "系统会自动继续；可在服务商控制台调整限额。";
    DAILY_LIMIT "sms_daily_limit" Tomorrow, "The day's limit is reached.", "触发天级流控。",
        "It goes on tomorrow; the limit can be changed in the provider's console.", "次日自动继续；可在服务商控制台调整限额。";
    MONTHLY_LIMIT "sms_monthly_limit" Stopped, "The month's limit is reached.", "触发月发送上限。",
        "Raise the limit in the provider's console, or wait for the next month.", "请在服务商控制台提高月上限，或等待下月。";
    MARKETING_HOURS "sms_marketing_hours" Hours, "Marketing messages are not let through at this hour.", "当前时段不允许发送营销短信。",
        "They wait until the morning.", "系统会在次日早间继续。";
    BUSY "sms_busy" After(2), "The provider is asked too often at once.", "服务商接口限流。",
        "It goes on by itself.", "系统会自动继续。";
    SYSTEM_ERROR "sms_system_error" After(crate::assumptions::SYSTEM_ERROR_PAUSE_SECONDS), "The provider has a fault of its own.", "服务商系统错误。",
        "It is tried again by itself.", "系统会自动重试。";
    BALANCE "sms_balance" Stopped, "The account has no credit left.", "短信余额或套餐不足。",
        "Buy a package or charge the account.", "请购买短信套餐或充值。";
    SUSPENDED "sms_suspended" Stopped, "The account is suspended or abnormal.", "账号欠费、停用或异常。",
        "Settle it in the provider's console.", "请在服务商控制台处理账号状态。";
    KEYS_WRONG "sms_keys_wrong" Stopped, "The access keys are wrong, disabled or expired.", "访问密钥错误、已禁用或已过期。",
        "Copy the key pair again; a pair of its own with the SMS permission alone is best.", "请重新填写密钥，建议使用仅有短信权限的独立子账号。";
    PERMISSION "sms_permission" Stopped, "The account of these keys may not send SMS.", "该密钥所属账号没有短信权限。",
        "Grant it the SMS permission (AliyunDysmsFullAccess, QcloudSMSFullAccess).", "请授予短信权限（AliyunDysmsFullAccess / QcloudSMSFullAccess）。";
    ADDRESS_REFUSED "sms_address_refused" Stopped, "The provider does not accept calls from this server's address.", "服务商拒绝来自本机 IP 的调用。",
        "Add the address this server calls from to the provider's list.", "请将本机出口 IP 加入服务商白名单。";
    APP_WRONG "sms_app_wrong" Stopped, "The SMS application id is wrong or belongs to another account.", "短信应用 ID 不正确或不属于该账号。",
        "Copy SdkAppId again from the console of the same account.", "请从同一账号的控制台重新复制 SdkAppId。";
    CLOCK_WRONG "sms_clock_wrong" Stopped, "This server's clock is wrong.", "本机时钟不准。",
        "Let the system keep its time (NTP).", "请启用 NTP 自动校时。";
    REFUSED "sms_refused" Input, "The provider refused with a code that is not in our list.", "服务商返回了未收录的错误码。",
        "See the detail; report it.", "请查看详情并反馈给开发者。";
    UNREACHABLE "sms_unreachable" After(30), "The provider cannot be reached; nothing was sent.", "无法连接短信服务商，未发送。",
        "Check this server's network and name resolution.", "请检查服务器网络与域名解析。";
    OUTCOME_UNKNOWN "sms_outcome_unknown" Look, "No answer came; the message may have been sent.", "未收到服务商答复，短信可能已发送。",
        "Look whether it was sent before sending it again.", "请先查询是否已发送，再决定是否重发。";
    NOT_THE_API "sms_not_the_api" Configure, "The answer did not come from the provider's API.", "返回内容不是短信接口的结果。",
        "Check the address and any proxy in between.", "请检查接口地址与中间代理。";
    LIMITED "sms_limited" After(60), "This number has got as many messages as it should for now.", "该号码近期发送已达上限。",
        "It goes on by itself.", "系统会自动继续。";
    CROWDED "sms_crowded" After(1), "The message waits for its turn below the provider's limits.", "为不超过服务商频率限制，短信正在排队。",
        "It goes on by itself.", "系统会自动继续。";
    TWICE "sms_twice" Input, "The same number is in the batch twice.", "同一批次中号码重复。",
        "Send the second message in a batch of its own.", "请将重复号码放入另一批次。";
    MAINLAND_ONLY "sms_mainland_only" Input, "This account sends to mainland numbers only.", "该账号仅支持国内号码。",
        "Leave foreign numbers out.", "请去除国际号码。";
}

/// What a provider's code means. `message` tells the windows of Aliyun's flow control apart.
pub fn of(provider: Provider, said: &str, message: &str) -> &'static Meaning {
    match provider {
        Provider::Aliyun => aliyun(said, message),
        Provider::Tencent => tencent(said),
    }
}

fn aliyun(said: &str, message: &str) -> &'static Meaning {
    match said {
        "isv.SMS_SIGNATURE_ILLEGAL"
        | "isv.SMS_SIGNATURE_SCENE_ILLEGAL"
        | "isv.SIGN_NAME_ILLEGAL"
        | "isv.SMS_SIGN_ILLEGAL" => &SIGN_REFUSED,
        "isv.SMS_TEMPLATE_ILLEGAL" | "isv.PRODUCT_UN_SUBSCRIPT" | "isv.PRODUCT_UNSUBSCRIBE" => &TEMPLATE_REFUSED,
        "isv.TEMPLATE_MISSING_PARAMETERS" | "isv.INVALID_JSON_PARAM" | "isv.TEMPLATE_PARAMS_ILLEGAL" => &PARAMS_WRONG,
        "isv.PARAM_LENGTH_LIMIT" => &PARAMS_LONG,
        "isv.PARAM_NOT_SUPPORT_URL" => &PARAMS_LINK,
        "isv.BLACK_KEY_CONTROL_LIMIT" => &CONTENT_REFUSED,
        "isv.MOBILE_NUMBER_ILLEGAL" => &PHONE_WRONG,
        "isv.MOBILE_COUNT_OVER_LIMIT" | "isv.INVALID_PARAMETERS" => &REQUEST_WRONG,
        "isv.BUSINESS_LIMIT_CONTROL" if message.contains("天") => &DAILY_LIMIT,
        "isv.BUSINESS_LIMIT_CONTROL" if message.contains('时') => &HOUR_LIMIT,
        "isv.BUSINESS_LIMIT_CONTROL" => &MINUTE_LIMIT,
        "isv.DAY_LIMIT_CONTROL" => &DAILY_LIMIT,
        "isv.MONTH_LIMIT_CONTROL" => &MONTHLY_LIMIT,
        "isv.AMOUNT_NOT_ENOUGH" => &BALANCE,
        "isv.OUT_OF_SERVICE" | "isv.ACCOUNT_ABNORMAL" | "isv.ACCOUNT_NOT_EXISTS" => &SUSPENDED,
        "isv.DENY_IP_RANGE" => &ADDRESS_REFUSED,
        "isp.RAM_PERMISSION_DENY" | "Forbidden.RAM" | "NoPermission" => &PERMISSION,
        "isp.SYSTEM_ERROR" => &SYSTEM_ERROR,
        "SignatureDoesNotMatch" | "IncompleteSignature" | "Forbidden.AccessKeyDisabled" => &KEYS_WRONG,
        "InvalidTimeStamp.Expired" | "InvalidTimeStamp.Format" => &CLOCK_WRONG,
        // Ours are random: the same request came twice, through a proxy on the way. What the first one did is not known here.
        "SignatureNonceUsed" => &OUTCOME_UNKNOWN,
        _ if said.starts_with("InvalidAccessKeyId") || said.starts_with("InvalidSecurityToken") => &KEYS_WRONG,
        _ if said.starts_with("Throttling") => &BUSY,
        "ServiceUnavailable" | "InternalError" => &OUTCOME_UNKNOWN,
        _ => &REFUSED,
    }
}

fn tencent(said: &str) -> &'static Meaning {
    match said {
        "FailedOperation.SignatureIncorrectOrUnapproved" | "FailedOperation.MissingSignature" => &SIGN_REFUSED,
        "FailedOperation.TemplateIncorrectOrUnapproved"
        | "FailedOperation.TemplateUnapprovedOrNotExist"
        | "UnsupportedOperation.ChineseMainlandTemplateToGlobalPhone"
        | "UnsupportedOperation.GlobalTemplateToChineseMainlandPhone" => &TEMPLATE_REFUSED,
        "FailedOperation.TemplateParamSetNotMatchApprovedTemplate"
        | "InvalidParameterValue.TemplateParameterFormatError" => &PARAMS_WRONG,
        "InvalidParameterValue.TemplateParameterLengthLimit" | "InvalidParameterValue.ContentLengthLimit" => {
            &PARAMS_LONG
        }
        "InvalidParameterValue.ProhibitedUseUrlInTemplateParameter" => &PARAMS_LINK,
        "FailedOperation.ContainSensitiveWord" => &CONTENT_REFUSED,
        "InvalidParameterValue.IncorrectPhoneNumber" => &PHONE_WRONG,
        "FailedOperation.PhoneNumberInBlacklist" => &BLACKLISTED,
        "UnsupportedOperation.ContainDomesticAndInternationalPhoneNumber" => &MIXED_REGIONS,
        "LimitExceeded.PhoneNumberThirtySecondLimit" => &PHONE_LIMIT,
        "LimitExceeded.DeliveryFrequencyLimit" => &MINUTE_LIMIT,
        "LimitExceeded.PhoneNumberOneHourLimit" => &HOUR_LIMIT,
        "LimitExceeded.PhoneNumberDailyLimit"
        | "LimitExceeded.PhoneNumberSameContentDailyLimit"
        | "LimitExceeded.AppDailyLimit"
        | "LimitExceeded.AppMainlandChinaDailyLimit"
        | "LimitExceeded.AppGlobalDailyLimit"
        | "LimitExceeded.DailyLimit" => &DAILY_LIMIT,
        "FailedOperation.MarketingSendTimeConstraint" => &MARKETING_HOURS,
        "FailedOperation.InsufficientBalanceInSmsPackage" => &BALANCE,
        "UnauthorizedOperation.ServiceSuspendDueToArrears" | "UnauthorizedOperation.SerivceSuspendDueToArrears" => {
            &SUSPENDED
        }
        "UnauthorizedOperation.RequestIpNotInWhitelist" => &ADDRESS_REFUSED,
        "UnauthorizedOperation.SmsSdkAppIdVerifyFail" | "InvalidParameterValue.SdkAppIdNotExist" => &APP_WRONG,
        "AuthFailure.SignatureExpire" => &CLOCK_WRONG,
        "AuthFailure.UnauthorizedOperation" => &PERMISSION,
        "RequestLimitExceeded" => &BUSY,
        _ if said.starts_with("RequestLimitExceeded.") => &BUSY,
        _ if said.starts_with("AuthFailure") => &KEYS_WRONG,
        // "Timeout" and "unknown": the documentation advises to look, not to repeat.
        _ if said.starts_with("InternalError") => &OUTCOME_UNKNOWN,
        _ if said.starts_with("UnauthorizedOperation") => &PERMISSION,
        _ if said.starts_with("InvalidParameter")
            || said.starts_with("MissingParameter")
            || said.starts_with("UnknownParameter") =>
        {
            &REQUEST_WRONG
        }
        "LimitExceeded.PhoneNumberCountLimit" => &REQUEST_WRONG,
        _ => &REFUSED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_its_own_and_every_sentence_is_there() {
        let mut names: Vec<_> = ALL.iter().map(|meaning| meaning.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ALL.len());
        for meaning in ALL {
            assert!(meaning.name.starts_with("sms_"));
            assert!(meaning.en.ends_with('.') && meaning.advice_en.ends_with('.'), "{}", meaning.name);
            assert!(meaning.zh.ends_with('。') && meaning.advice_zh.ends_with('。'), "{}", meaning.name);
        }
    }

    #[test]
    fn codes_of_both_providers_lead_to_their_meaning() {
        use Provider::*;
        for (provider, said, message, want) in [
            (Aliyun, "isv.BUSINESS_LIMIT_CONTROL", "触发分钟级流控Permits:1", "sms_minute_limit"),
            (Aliyun, "isv.BUSINESS_LIMIT_CONTROL", "触发小时级流控Permits:5", "sms_hour_limit"),
            (Aliyun, "isv.BUSINESS_LIMIT_CONTROL", "触发天级流控Permits:10", "sms_daily_limit"),
            (Aliyun, "isv.SMS_SIGNATURE_ILLEGAL", "", "sms_sign_refused"),
            (Aliyun, "SignatureDoesNotMatch", "", "sms_keys_wrong"),
            (Aliyun, "InvalidAccessKeyId.NotFound", "", "sms_keys_wrong"),
            (Aliyun, "Throttling.User", "", "sms_busy"),
            (Aliyun, "SignatureNonceUsed", "", "sms_outcome_unknown"),
            (Aliyun, "isp.SYSTEM_ERROR", "", "sms_system_error"),
            (Aliyun, "isv.SOMETHING_NEW", "", "sms_refused"),
            (Tencent, "LimitExceeded.PhoneNumberThirtySecondLimit", "", "sms_phone_limit"),
            (Tencent, "LimitExceeded.PhoneNumberCountLimit", "", "sms_request_wrong"),
            (Tencent, "FailedOperation.PhoneNumberInBlacklist", "", "sms_blacklisted"),
            (Tencent, "AuthFailure.SecretIdNotFound", "", "sms_keys_wrong"),
            (Tencent, "AuthFailure.SignatureExpire", "", "sms_clock_wrong"),
            (Tencent, "InternalError.Timeout", "", "sms_outcome_unknown"),
            (Tencent, "RequestLimitExceeded", "", "sms_busy"),
            (Tencent, "Brand.New", "", "sms_refused"),
        ] {
            assert_eq!(of(provider, said, message).name, want, "{said}");
        }
    }
}
