//! Headers seen in exports of shops, tills, WeCom and analytics tools, without spaces and punctuation, in lower case.

use std::sync::LazyLock;

use super::Target;

pub(super) struct Word {
    pub text: &'static str,
    pub field: &'static str,
}

type Table = &'static [(&'static str, &'static str)];

const PERSON: Table = &[
    (
        "phone",
        "手机号 手机号码 手机 电话 电话号码 联系电话 联系方式 移动电话 收货人手机 买家手机 phone phonenumber phoneno mobile mobilephone mobileno mobilenumber tel telephone cellphone msisdn",
    ),
    ("email", "邮箱 电子邮箱 电子邮件 邮件地址 email emailaddress mail useremail"),
    ("unionid", "unionid wxunionid wechatunionid 微信unionid"),
    ("openid", "openid wxopenid wechatopenid 微信openid 小程序openid 公众号openid"),
    ("external_userid", "externaluserid 外部联系人id 外部联系人 企微id 企微外部联系人id"),
    (
        "member_no",
        "会员号 会员编号 会员卡号 会员卡 卡号 会员id 会员码 memberno memberid membernumber membercode cardno cardnumber loyaltyid",
    ),
    (
        "pos_no",
        "客户编号 客户号 客户id 客户代码 顾客编号 顾客id 收银客户号 customerid customerno customernumber customercode custid clientid householdid householdkey householdno buyerid",
    ),
    ("device", "设备id 设备号 deviceid device idfa imei oaid androidid"),
    ("anonymous", "匿名id anonymousid anonymous visitorid cookieid distinctid"),
    ("user_id", "用户id 用户编号 账号id 用户名id userid uid accountid"),
];

const ORDERS: Table = &[
    (
        "order_no",
        "订单号 订单编号 单号 小票号 流水号 交易号 订单id 销售单号 主订单编号 orderno orderid ordernumber orderref order invoiceno invoice invoiceid invoicenumber receiptno receiptid transactionid transactionno basketid billno",
    ),
    (
        "at",
        "下单时间 付款时间 支付时间 交易时间 订单时间 成交时间 销售时间 购买时间 下单日期 交易日期 销售日期 订单创建时间 订单付款时间 日期 时间 invoicedate orderdate ordertime orderedat paidat paymenttime transactiontimestamp transactiondate transactiontime purchasedate purchasedat datetime date time timestamp createdat",
    ),
    ("line_no", "行号 明细行号 序号 子订单序号 lineno linenumber lineid line itemno"),
    (
        "sku",
        "商品编码 商品编号 商品代码 货号 商品id 商家编码 条码 商品条码 规格编码 款号 sku skuid skucode stockcode productid productcode productno itemid itemcode barcode upc ean articleno",
    ),
    (
        "title",
        "商品名称 商品名 商品标题 宝贝标题 品名 商品 产品名称 description productname producttitle itemname itemtitle product title",
    ),
    ("quantity", "数量 购买数量 商品数量 件数 销售数量 宝贝数量 quantity qty count units unitssold"),
    ("price", "单价 商品单价 成交单价 价格 售价 unitprice price itemprice"),
    (
        "amount",
        "金额 实付金额 实付款 实付 实收金额 支付金额 应付金额 订单金额 成交金额 销售金额 销售额 总金额 总价 小计 付款金额 买家实际支付金额 amount salesvalue sales total totalprice totalamount lineamount linetotal paidamount subtotal revenue grossamount",
    ),
    ("currency", "币种 货币 currency currencycode"),
    (
        "store",
        "门店 店铺 门店名称 门店编号 门店编码 店铺名称 商店 分店 网点 store storeid storename storeno storecode shop shopid shopname branch outlet",
    ),
    (
        "refund_of",
        "原订单号 退款原订单 原单号 关联订单号 退货原单号 原订单编号 refundof originalorder originalorderno originalorderid originalinvoice",
    ),
];

const PEOPLE: Table = &[
    ("tag", "标签 客户标签 会员标签 用户标签 企业标签 tag tags labels label segments"),
    (
        "created_at",
        "注册时间 创建时间 入会时间 添加时间 开卡时间 加入时间 首次添加时间 注册日期 入会日期 createdat createtime createddate registeredat registertime signupdate signupat joindate joinedat",
    ),
    ("store", "门店 归属门店 所属门店 开卡门店 注册门店 门店名称 门店编号 store storeid storename homestore shop"),
];

const EVENTS: Table = &[
    ("message_id", "消息id 事件id messageid eventid insertid dedupid eventuuid"),
    ("name", "事件 事件名 事件名称 行为 event eventname action activity"),
    (
        "at",
        "发生时间 事件时间 时间 时间戳 上报时间 at timestamp eventtime time datetime occurredat originaltimestamp createdat ts",
    ),
    ("type", "类型 事件类型 type eventtype"),
];

const PRODUCTS: Table = &[
    (
        "sku",
        "商品编码 商品编号 商品代码 货号 商品id 商家编码 条码 商品条码 款号 sku skuid skucode stockcode productid productcode itemid itemcode barcode id",
    ),
    (
        "title",
        "商品名称 商品名 商品标题 品名 名称 标题 产品名称 title name productname producttitle itemname description",
    ),
    ("category", "类目 分类 品类 商品分类 商品类目 类别 category productcategory producttype department"),
    ("brand", "品牌 品牌名称 brand brandname manufacturer"),
    ("price", "价格 售价 单价 零售价 吊牌价 标价 price unitprice listprice saleprice"),
    ("currency", "币种 货币 currency currencycode"),
    ("url", "链接 商品链接 网址 url link producturl pageurl"),
    ("image", "图片 主图 商品图片 图片链接 图片地址 image imageurl imagelink picture pic"),
];

static TABLES: LazyLock<[Vec<Word>; 4]> = LazyLock::new(|| {
    let person_of_order = [
        "person.phone",
        "person.email",
        "person.unionid",
        "person.openid",
        "person.external_userid",
        "person.member_no",
        "person.pos_no",
        "person.device",
        "person.anonymous",
        "person.user_id",
    ];
    let orders = PERSON.iter().zip(person_of_order).map(|((_, w), field)| (field, *w));
    [
        split(PEOPLE.iter().chain(PERSON).copied()),
        split(EVENTS.iter().chain(PERSON).copied()),
        split(ORDERS.iter().copied().chain(orders)),
        split(PRODUCTS.iter().copied()),
    ]
});

fn split(table: impl Iterator<Item = (&'static str, &'static str)>) -> Vec<Word> {
    let pairs = table.flat_map(|(field, words)| words.split(' ').map(move |text| Word { text, field }));
    pairs.collect()
}

pub(super) fn words(target: Target) -> &'static [Word] {
    match target {
        Target::People => &TABLES[0],
        Target::Events => &TABLES[1],
        Target::Orders => &TABLES[2],
        Target::Products => &TABLES[3],
    }
}
