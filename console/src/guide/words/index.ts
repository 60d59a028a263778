import { events } from "../../i18n/words/events";

// Every sentence of the guides' pages, Chinese and English side by side.
const words = {
  ...events,
  "side.none": ["请在企业微信的客户聊天或客户群里，从聊天工具栏打开这个页面。", "Open this page from the toolbar of a chat with a customer or of a customer group in WeCom."],
  "side.why": ["企业微信的答复：{why}", "WeCom said: {why}"],
  "side.work": ["打开工作台", "Open the workbench"],
  "failed.title": ["没能登录", "The login did not work"],
  "failed.again": ["重新登录", "Try again"],
  "failed.guide_login_state": ["这次登录已过期，或不是从这个浏览器发起的。", "This login has expired, or was not begun in this browser."],
  "failed.guide_login_code": ["企业微信不认这次登录，请重新打开页面。", "WeCom does not know this login; open the page again."],
  "failed.guide_not_staff": ["只有应用可见范围内的成员可以使用。请管理员把您加入应用的可见范围，并同步通讯录。", "Only members whom the app can see may use it. Ask the administrator to add you to the app's visible range and to sync."],
  "failed.guide_not_set_up": ["管理员还没有设置导购页面的地址（控制台 → 团队 → 导购工作台）。", "The administrator has not set the address of these pages yet (console → Team → Guide workbench)."],
  "failed.wecom_not_connected": ["还没有连接企业微信（控制台 → 设置 → 企业微信）。", "WeCom is not connected yet (console → Settings → WeCom)."],
  "failed.other": ["代码：{code}。稍后重试，仍不行请告诉管理员。", "Code: {code}. Try again later, and tell the administrator if it stays."],
  "failed.cookies": ["登录成功，但这个浏览器没有保存登录状态。请允许 Cookie 后重试。", "The login worked, but this browser does not keep it. Allow cookies and try again."],
  "offline": ["网络不通，请检查后重试", "No connection. Check it and try again."],
  "retry": ["重试", "Try again"],
  "more": ["加载更多", "More"],
  "loading": ["加载中…", "Loading…"],
  "save": ["保存", "Save"],
  "delete": ["删除", "Delete"],
  "saved": ["已保存", "Saved"],
  "close": ["关闭", "Close"],
  "language": ["English", "中文"],
  "tab.about": ["画像", "Profile"],
  "tab.scripts": ["话术", "Scripts"],
  "tab.history": ["动态", "History"],
  "tab.orders": ["订单", "Orders"],
  "tab.members": ["成员", "Members"],
  "tab.tasks": ["任务", "Tasks"],
  "about.since": ["{date} 添加 · {way}", "friend since {date} · {way}"],
  "about.of": ["{name} 的客户", "customer of {name}"],
  "about.half": ["客户还没有通过", "not accepted by the customer yet"],
  "about.stage": ["跟进阶段", "Stage"],
  "about.stage_none": ["未设置", "not set"],
  "about.tags": ["标签", "Tags"],
  "about.tags_add": ["加标签", "Add a tag"],
  "about.tags_none": ["还没有标签", "no tags yet"],
  "about.remark": ["备注名", "Remark"],
  "about.description": ["描述", "Description"],
  "about.pending": ["已提交，企业微信生效后显示", "Handed over; shown once WeCom has it"],
  "about.contact": ["联系方式", "Contact"],
  "about.facts": ["资料", "Facts"],
  "about.groups": ["所在群", "Groups"],
  "about.next": ["下一步", "Next"],
  "about.next_none": ["现在没有需要特别做的事。", "Nothing special to do right now."],
  "about.notes": ["备注记录", "Notes"],
  "about.note_new": ["记一笔：客户说了什么、喜欢什么、答应了什么", "What did they say, like, or were promised?"],
  "about.note_add": ["记下", "Note it"],
  "about.notes_all": ["全部备注", "All notes"],
  "about.tasks": ["待办任务", "Open tasks"],
  "stat.orders": ["订单", "orders"],
  "stat.amount": ["累计消费", "spent"],
  "stat.last": ["上次购买", "last order"],
  "stat.score": ["价值分", "value score"],
  "joint": ["、", ", "],
  "colon": ["：", ": "],
  "never": ["从未", "never"],
  "stage.prospect": ["未购买", "prospect"],
  "stage.new": ["新客", "new"],
  "stage.active": ["活跃", "active"],
  "stage.at_risk": ["流失风险", "at risk"],
  "stage.lost": ["已流失", "lost"],
  "tier.ordinary": ["普通", "ordinary"],
  "tier.loyal": ["忠诚", "loyal"],
  "tier.super_vip": ["超级会员", "super VIP"],
  "action.unpaid": ["待付款", "Unpaid"],
  "action.greet": ["打招呼", "Say hello"],
  "action.birthday": ["生日", "Birthday"],
  "action.win_back": ["召回", "Win back"],
  "action.replenish": ["提醒回购", "Replenish"],
  "action.lost_risk": ["关怀", "Care"],
  "send": ["发送", "Send"],
  "sent": ["已发送", "Sent"],
  "send_failed": ["没有发出：{why}", "Not sent: {why}"],
  "send_outside": ["在企业微信聊天里打开才能发送", "Can be sent from a chat in WeCom only"],
  "copy": ["复制", "Copy"],
  "copied": ["已复制", "Copied"],
  "kits.today": ["今日", "Today"],
  "kits.nothing": ["素材文件还在上传，请稍后再发。", "Its files are on their way to WeCom; please try again a little later."],
  "kits.left_out": ["已发送，另有 {n} 个附件暂时不能从这里发送。", "Sent; {n} attachments cannot be sent from here now."],
  "scripts.search": ["搜索话术和素材", "Search scripts"],
  "scripts.all": ["全部", "All"],
  "scripts.none": ["还没有话术。总部可在控制台 → 团队 → 导购工作台里添加。", "No scripts yet. Headquarters adds them in the console under Team → Guide workbench."],
  "scripts.none_found": ["没有找到。", "Nothing found."],
  "scripts.uses": ["用过 {n} 次", "used {n} times"],
  "kind.text": ["文字", "Text"],
  "kind.image": ["图片", "Image"],
  "kind.link": ["链接", "Link"],
  "kind.miniprogram": ["小程序", "Mini-program"],
  "kind.video": ["视频", "Video"],
  "kind.file": ["文件", "File"],
  "history.none": ["还没有动态。", "Nothing has happened yet."],
  "orders.none": ["还没有订单。", "No orders yet."],
  "orders.refunded": ["退 {sum}", "{sum} refunded"],
  "group.numbers": ["{members} 人，其中客户 {customers}", "{members} members, {customers} customers"],
  "group.known": ["公司好友", "friends of ours"],
  "group.mine": ["我的好友", "my friends"],
  "group.buyers": ["买过", "buyers"],
  "group.joined": ["近 7 天进群", "joined, 7 days"],
  "group.left": ["近 7 天退群", "left, 7 days"],
  "group.owner": ["群主 {name}", "owner {name}"],
  "group.notice": ["群公告", "Notice"],
  "member.staff": ["员工", "staff"],
  "member.known": ["同事的好友", "a colleague's friend"],
  "member.stranger": ["非好友", "no friend"],
  "member.orders": ["{n} 单", "{n} orders"],
  "work.customers": ["客户", "Customers"],
  "work.leads": ["线索", "Leads"],
  "work.tasks": ["任务", "Tasks"],
  "leads.pool": ["公海", "Pool"],
  "leads.mine": ["我的", "Mine"],
  "leads.ended": ["已结束", "Ended"],
  "leads.search": ["姓名或完整手机号", "Name, or a whole phone"],
  "leads.none.pool": ["公海里没有可领取的线索。", "Nothing to claim right now."],
  "leads.none.mine": ["还没有跟进中的线索，去公海领取。", "You hold no lead; claim one from the pool."],
  "leads.none.ended": ["还没有结束的线索。", "No lead of yours has ended."],
  "leads.room": ["跟进中 {held}，今日已领 {today}，还可领 {left}", "{held} held, {today} taken today, {left} more"],
  "leads.room_free": ["跟进中 {held}，今日已领 {today}", "{held} held, {today} taken today"],
  "leads.off": ["线索由总部统一分配，暂不能自行领取。", "Headquarters gives leads out; none can be claimed."],
  "leads.claim": ["领取", "Claim"],
  "leads.claimed": ["已领取", "Claimed"],
  "leads.due": ["{at} 前跟进，否则退回公海", "until {at}, else it goes back"],
  "leads.nameless": ["未知姓名", "Nameless"],
  "leads.phone": ["查看号码", "Show the phone"],
  "leads.call": ["拨打 {phone}", "Call {phone}"],
  "leads.no_phone": ["没有手机号", "No phone is known"],
  "leads.contact": ["记录联系", "I approached them"],
  "leads.release": ["退回", "Give back"],
  "leads.lose": ["放弃", "Give up"],
  "leads.win": ["成交", "Won"],
  "leads.note": ["备注", "Note"],
  "leads.note_optional": ["备注（选填）", "Note (optional)"],
  "leads.reason_needed": ["原因", "Reason"],
  "leads.history": ["记录", "History"],
  "leads.open": ["打开客户", "Open the customer"],
  "leads.add_hint": ["在企业微信里搜索手机号添加；通过后这里自动变为“已添加”。", "Search the phone in WeCom and add them; once they accept this becomes a friend by itself."],
  "leads.way.phone": ["电话", "Phone"],
  "leads.way.wecom": ["企业微信", "WeCom"],
  "leads.way.sms": ["短信", "SMS"],
  "leads.way.store": ["到店", "Store"],
  "leads.way.other": ["其他", "Other"],
  "leads.reason.reached": ["已接通", "Reached"],
  "leads.reason.no_answer": ["未接通", "No answer"],
  "leads.reason.refused": ["拒绝", "Refused"],
  "leads.reason.invalid": ["号码无效", "Invalid"],
  "leads.reason.not_contacted": ["超时未联系", "not approached in time"],
  "leads.reason.not_followed_up": ["超时未跟进", "not followed up in time"],
  "leads.reason.rounds": ["多次退回", "went back too often"],
  "leads.reason.staff_left": ["员工离职", "staff left"],
  "leads.reason.reassigned": ["改派", "reassigned"],
  "leads.reason.same_person": ["同一客户", "same person"],
  "leads.reason.known": ["原本就是好友", "was a friend already"],
  "leads.reason.other_person": ["撤销合并，恢复线索", "another person after all"],
  "leads.reason.by_other": ["由其他员工添加", "added by a colleague"],
  "leads.reason.order": ["下单", "ordered"],
  "leads.reason.by_hand": ["手动标记", "by hand"],
  "leads.state.new": ["待领取", "new"],
  "leads.state.recycled": ["再次入池", "again"],
  "leads.state.claimed": ["待联系", "to approach"],
  "leads.state.contacted": ["已联系", "approached"],
  "leads.state.added": ["已添加", "friend"],
  "leads.state.won": ["已成交", "won"],
  "leads.state.lost": ["已放弃", "given up"],
  "leads.state.merged": ["已合并", "merged"],
  "leads.source.import": ["名单", "list"],
  "leads.source.manual": ["手工录入", "by hand"],
  "leads.source.audience": ["人群", "audience"],
  "leads.source.lost": ["流失客户", "lost friend"],
  "leads.source.idle": ["长期未联系", "idle friend"],
  "leads.source.group": ["群内非好友", "in a group"],
  "leads.source.shop": ["门店购买", "buyer"],
  "leads.what.created": ["入池", "came in"],
  "leads.what.claimed": ["开始跟进", "taken"],
  "leads.what.contacted": ["联系", "approached"],
  "leads.what.added": ["添加好友", "became a friend"],
  "leads.what.won": ["成交", "won"],
  "leads.what.lost": ["放弃", "given up"],
  "leads.what.recycled": ["回到公海", "back in the pool"],
  "leads.what.merged": ["合并", "merged"],
  "leads.what.noted": ["备注", "note"],
  "work.numbers": ["数据", "Numbers"],
  "work.me": ["我", "Me"],
  "customers.search": ["搜索姓名或备注", "Search name or remark"],
  "customers.all": ["全部", "All"],
  "customers.new": ["新好友", "New"],
  "customers.bought": ["买过", "Bought"],
  "customers.no_order": ["未购买", "No order"],
  "customers.lapsed": ["60 天未购", "60 days away"],
  "customers.any_stage": ["所有阶段", "Any stage"],
  "customers.none": ["没有符合条件的客户。", "No customer fits."],
  "tasks.open": ["待办", "Open"],
  "tasks.late": ["已逾期", "Late"],
  "tasks.ended": ["已结束", "Ended"],
  "tasks.team": ["团队", "Team"],
  "tasks.none": ["没有任务。", "No tasks."],
  "tasks.new": ["新建任务", "New task"],
  "tasks.text": ["要做什么", "What is to be done"],
  "tasks.due": ["截止时间", "Due"],
  "tasks.due_none": ["不限时", "no date"],
  "tasks.done": ["完成", "Done"],
  "tasks.skip": ["跳过", "Skip"],
  "tasks.result": ["结果（选填）", "Result (optional)"],
  "tasks.reason": ["为什么跳过", "Why is it skipped"],
  "tasks.by": ["{name} 下达", "from {name}"],
  "tasks.kind.follow_up": ["跟进", "Follow up"],
  "tasks.kind.message": ["发消息", "Message"],
  "tasks.kind.call": ["电话", "Call"],
  "tasks.kind.invite": ["邀约到店", "Invite"],
  "tasks.kind.group": ["社群", "Group"],
  "tasks.kind.other": ["其他", "Other"],
  "tasks.state.open": ["待办", "open"],
  "tasks.state.late": ["逾期", "late"],
  "tasks.state.done": ["已完成", "done"],
  "tasks.state.skipped": ["已跳过", "skipped"],
  "tasks.nudged": ["已催办", "reminded"],
  "tasks.ended_late": ["逾期完成", "after its time"],
  "numbers.days": ["近 {n} 天", "{n} days"],
  "numbers.mine": ["我", "me"],
  "numbers.store": ["本店人均", "store, per guide"],
  "numbers.added": ["新增好友", "New friends"],
  "numbers.lost": ["流失好友", "Lost friends"],
  "numbers.lost_by": ["其中被客户删除", "deleted by customers"],
  "numbers.customers": ["好友数", "Friends"],
  "numbers.assets": ["客群资产", "Customer assets"],
  "numbers.buyers": ["购买客户", "Buyers"],
  "numbers.orders": ["订单数", "Orders"],
  "numbers.amount": ["销售额", "Sales"],
  "numbers.refunded": ["退款", "Refunded"],
  "numbers.messages": ["发出消息", "Messages"],
  "numbers.chats": ["聊天数", "Chats"],
  "numbers.answered": ["已回复聊天占比", "Chats answered"],
  "numbers.minutes": ["平均首次回复（分钟）", "First answer, minutes"],
  "numbers.tasks_done": ["完成任务", "Tasks done"],
  "numbers.figures": ["消息类数据由企业微信次日统计，截至昨天（已统计 {n} 天）。", "WeCom counts messages the next morning: up to yesterday ({n} days are known)."],
  "numbers.figures_missing": ["暂时拿不到企业微信的消息统计（{code}）。", "WeCom's message figures are not available ({code})."],
  "numbers.orders_hint": ["订单按我的好友在期间内的购买计算，不分门店；退款为这些订单的退款。", "Orders: what my friends bought in these days, in any store; refunds are of these orders."],
  "me.store": ["门店", "Store"],
  "me.role": ["角色", "Role"],
  "me.none": ["未归属门店", "no store"],
  "me.leads": ["可查看所管成员的客户和任务", "sees the customers and tasks of the staff led"],
  "me.leave": ["退出登录", "Log out"],
  "me.left": ["已退出登录。", "Logged out."],
  "role.owner": ["所有者", "Owner"],
  "role.operator": ["运营", "Operator"],
  "role.analyst": ["分析师", "Analyst"],
  "role.store_manager": ["店长", "Store manager"],
  "role.guide": ["导购", "Guide"],
  "role.read_only": ["只读", "Read only"],
  "trait.gender": ["性别", "Gender"],
  "trait.birthday": ["生日", "Birthday"],
  "trait.city": ["城市", "City"],
  "trait.email": ["邮箱", "E-mail"],
  "trait.phone": ["手机", "Phone"],
} as const satisfies Record<string, readonly [zh: string, en: string]>;

export { words };
export type Key = keyof typeof words;
export type Locale = "zh" | "en";

const STORED = "siyu.locale";

function first(): Locale {
  try {
    const stored = localStorage.getItem(STORED);
    if (stored === "zh" || stored === "en") return stored;
  } catch {
    // A browser that keeps nothing is asked for its language each time.
  }
  return navigator.language.toLowerCase().startsWith("en") ? "en" : "zh";
}
let current = first();
document.documentElement.lang = current === "zh" ? "zh-CN" : "en";

export function locale(): Locale {
  return current;
}
export function setLocale(next: Locale) {
  current = next;
  document.documentElement.lang = next === "zh" ? "zh-CN" : "en";
  try {
    localStorage.setItem(STORED, next);
  } catch {
    // See above.
  }
}

export function t(key: Key, params?: Record<string, string | number>): string {
  const text: string = words[key][current === "zh" ? 0 : 1];
  return params ? text.replace(/\{(\w+)\}/g, (all, name: string) => (name in params ? String(params[name]) : all)) : text;
}
/** Our word for something the server may extend, or the server's own spelling. */
export function word(prefix: string, value: string): string {
  const key = `${prefix}.${value}`;
  return key in words ? t(key as Key) : value;
}

const tag = () => (current === "zh" ? "zh-CN" : "en-GB");
export function money(minor: number, currency: string): string {
  const digits = new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2;
  return new Intl.NumberFormat(tag(), { style: "currency", currency, currencyDisplay: "narrowSymbol", maximumFractionDigits: digits }).format(minor / 10 ** digits);
}
export function count(n: number): string {
  return new Intl.NumberFormat(tag(), { maximumFractionDigits: 1 }).format(n);
}
let zone: string | undefined;
export function setZone(name: string) {
  zone = name;
}
export function day(text: string): string {
  const own = new Date(text);
  const year = own.getFullYear() === new Date().getFullYear() ? undefined : "numeric";
  return own.toLocaleDateString(tag(), { timeZone: zone, year, month: current === "zh" ? "numeric" : "short", day: "numeric" });
}
export function moment(text: string): string {
  return `${day(text)} ${new Date(text).toLocaleTimeString(tag(), { timeZone: zone, hour: "2-digit", minute: "2-digit" })}`;
}
