// The frame around every signed-in page: who is signed in, the menu, search, language.
import { LockOutlined, LogoutOutlined, MenuOutlined, SearchOutlined, TranslationOutlined, UserOutlined } from "@ant-design/icons";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Avatar, Button, Drawer, Dropdown, Layout, Menu, Skeleton, type MenuProps } from "antd";
import { useEffect, useState } from "react";
import { Navigate, Outlet, useLocation, useNavigate } from "react-router";
import { session as api } from "../api/calls";
import { ApiError, onSignedOut, setCsrf } from "../api/client";
import { keys } from "../api/keys";
import type { Session } from "../api/types";
import { localeChosen, useI18n } from "../i18n";
import { ErrorView } from "./errors";
import { entriesOf, entryOf, sectionOf, sections } from "./menu";
import { Palette } from "./Palette";
import { usePhone } from "./parts";
import { SessionContext, useSession } from "./session";

export function Shell() {
  const location = useLocation();
  const client = useQueryClient();
  const session = useQuery({ queryKey: keys.session, queryFn: api.current, staleTime: 300_000 });
  useEffect(() => onSignedOut(() => {
    void client.resetQueries({ queryKey: keys.session });
  }), [client]);

  const { locale, setLocale } = useI18n();
  const theirs = session.data?.user.locale;
  // The first page waits until both are one, or it would show sentences of the other language for a moment.
  const [agreed, setAgreed] = useState(false);
  if (!agreed && theirs === locale) setAgreed(true);
  useEffect(() => {
    if (!theirs || theirs === locale) return;
    if (!localeChosen()) return setLocale(theirs);
    // Sentences of the server follow the account, so the account follows what was chosen in this browser.
    api.change({ locale }).then((saved) => {
      client.setQueryData(keys.session, saved);
      void client.invalidateQueries({ predicate: (query) => query.queryKey[0] !== "session" });
    }, () => undefined).finally(() => setAgreed(true));
  }, [theirs, locale, setLocale, client]);

  if (session.isPending) return <div className="loading"><Skeleton active /></div>;
  if (session.error instanceof ApiError && session.error.status === 401) {
    const next = location.pathname + location.search;
    return <Navigate to={next === "/" ? "/login" : `/login?next=${encodeURIComponent(next)}`} replace />;
  }
  if (session.isError) return <ErrorView error={session.error} retry={() => void session.refetch()} />;
  setCsrf(session.data.csrf);
  if (!agreed) return <div className="loading"><Skeleton active /></div>;
  return <SessionContext value={session.data}><Frame /></SessionContext>;
}

function Frame() {
  const phone = usePhone();
  const { t } = useI18n();
  const location = useLocation();
  const [menu, setMenu] = useState(false);
  const [search, setSearch] = useState(false);
  useSearchKey(() => setSearch(true));
  // A chosen page closes the drawer; the location is what tells that one was chosen.
  useEffect(() => setMenu(false), [location.pathname]);
  return (
    <Layout className="frame">
      <a className="skip" href="#page">{t("nav.skip")}</a>
      {phone ? (
        <Drawer open={menu} onClose={() => setMenu(false)} placement="left" size={264} title={<Brand />} styles={{ body: { padding: 0 } }}>
          <Navigation />
        </Drawer>
      ) : (
        <Layout.Sider width={212} theme="light" className="side"><Brand /><Navigation /></Layout.Sider>
      )}
      <Layout>
        <Layout.Header className="top">
          {phone ? <Button type="text" icon={<MenuOutlined />} aria-label={t("nav.menu")} onClick={() => setMenu(true)} /> : null}
          <button type="button" className="search-box" onClick={() => setSearch(true)}>
            <SearchOutlined /><span>{t("search.open")}</span><kbd>{isMac() ? "⌘K" : "Ctrl K"}</kbd>
          </button>
          <span className="grow" />
          <LanguageButton />
          <Account />
        </Layout.Header>
        <Layout.Content id="page" className="page"><Outlet /></Layout.Content>
      </Layout>
      <Palette open={search} onClose={() => setSearch(false)} />
    </Layout>
  );
}

function isMac(): boolean {
  return navigator.userAgent.includes("Mac");
}

function useSearchKey(open: () => void) {
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        open();
      }
    };
    window.addEventListener("keydown", listen);
    return () => window.removeEventListener("keydown", listen);
  }, [open]);
}

function Brand() {
  const { workspace } = useSession();
  return <div className="brand"><img src="/icon.svg" alt="" width={26} height={26} /><span>{workspace.name}</span></div>;
}

function Navigation() {
  const { t } = useI18n();
  const { user } = useSession();
  const navigate = useNavigate();
  const selected = entryOf(useLocation().pathname);
  const section = sectionOf(selected);
  const [open, setOpen] = useState<string[]>(["people", "audiences"]);
  // Where one is stays in sight; what one has opened oneself stays open too.
  const [seen, setSeen] = useState<string>();
  if (section !== seen) {
    setSeen(section);
    if (section && !open.includes(section)) setOpen([...open, section]);
  }
  const items = sections.flatMap((own): NonNullable<MenuProps["items"]> => {
    const parts = own.parts.map((part) => ({ label: part.label, entries: part.entries.filter((entry) => !entry.needs || user.permissions.includes(entry.needs)) })).filter((part) => part.entries.length);
    const lists = parts.map(({ label, entries }) => ({ label, items: entries.map((entry) => ({ key: entry.path, icon: entry.icon, label: t(entry.label) })) }));
    if (lists.length === 0) return [];
    if (entriesOf(own).length === 1) return lists[0]?.items ?? [];
    // A part that is called like its section needs no heading.
    const children = lists.flatMap((list): NonNullable<MenuProps["items"]> => (list.label === own.label ? list.items : [{ type: "group", key: list.label, label: t(list.label), children: list.items }]));
    return [{ key: own.key, icon: own.icon, label: t(own.label), children }];
  });
  return <Menu mode="inline" inlineIndent={14} items={items} selectedKeys={[selected]} openKeys={open} onOpenChange={setOpen} onClick={({ key }) => void navigate(key)} className="nav" />;
}

export function LanguageButton() {
  const { locale, setLocale, t } = useI18n();
  const client = useQueryClient();
  const change = () => {
    setLocale(locale === "zh" ? "en" : "zh");
    // Signed in, the frame tells the account and asks again; outside nobody else does.
    if (!client.getQueryData<Session>(keys.session)) void client.invalidateQueries({ predicate: (query) => query.queryKey[0] !== "session" });
  };
  return <Button type="text" icon={<TranslationOutlined />} onClick={change} aria-label={t("nav.language")}>{locale === "zh" ? "EN" : t("nav.chinese")}</Button>;
}

function Account() {
  const { t, word } = useI18n();
  const { user } = useSession();
  const phone = usePhone();
  const navigate = useNavigate();
  const client = useQueryClient();
  const logout = async () => {
    await api.logout().catch(() => undefined);
    client.clear();
    await navigate("/login");
  };
  return (
    <Dropdown
      trigger={["click"]}
      menu={{
        items: [
          { key: "who", label: <div className="who"><b>{user.name}</b><div className="muted">{user.email}</div><div className="muted">{word("role", user.role)}</div></div>, disabled: true },
          { type: "divider" },
          { key: "account", icon: <LockOutlined />, label: t("nav.account"), onClick: () => void navigate("/account") },
          { key: "out", icon: <LogoutOutlined />, label: t("nav.logout"), onClick: () => void logout() },
        ],
      }}
    >
      <Button type="text" aria-label={t("nav.account_menu")}>
        <Avatar size={26} className="avatar">{user.name.slice(0, 1) || <UserOutlined />}</Avatar>{phone ? null : user.name}
      </Button>
    </Dropdown>
  );
}
