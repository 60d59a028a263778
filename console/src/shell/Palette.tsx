// Ctrl-K: pages by name, and people, orders, products, stores and tags by whatever the operator has at hand.
import { SearchOutlined, ShopOutlined, ShoppingOutlined, SkinOutlined, TagOutlined, UserOutlined } from "@ant-design/icons";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Input, Modal, Spin } from "antd";
import { useEffect, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import { useNavigate } from "react-router";
import { home } from "../api/calls";
import { keys } from "../api/keys";
import type { Hit, HitType } from "../api/types";
import { useI18n } from "../i18n";
import { hidden, sections } from "./menu";
import { useSettled } from "./parts";
import { useSession } from "./session";

interface Choice { key: string; path: string; icon: ReactNode; title: string; subtitle: string }

const icons: Record<HitType, ReactNode> = {
  person: <UserOutlined />, order: <ShoppingOutlined />, product: <SkinOutlined />, store: <ShopOutlined />, tag: <TagOutlined />,
};

export function pathOfHit(hit: Pick<Hit, "type" | "id">): string {
  const id = encodeURIComponent(hit.id);
  if (hit.type === "person") return `/people/${id}`;
  if (hit.type === "order") return `/orders?open=${id}`;
  if (hit.type === "product") return `/products?q=${id}`;
  if (hit.type === "store") return `/stores?q=${id}`;
  return `/people?tag=${id}`;
}

export function Palette({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <Modal open={open} onCancel={onClose} footer={null} closable={false} width={600} destroyOnHidden className="palette" style={{ top: 72 }}>
      <Search onClose={onClose} />
    </Modal>
  );
}

function usePages(text: string): Choice[] {
  const { t } = useI18n();
  const { user } = useSession();
  const wanted = text.trim().toLowerCase();
  const entries = [
    ...sections.flatMap((section) => section.parts.flatMap((part) => part.entries.map((entry) => ({ entry, group: [...new Set([t(section.label), t(part.label)])].join(" · ") })))),
    ...hidden.map((entry) => ({ entry, group: "" })),
  ];
  return entries
    .filter(({ entry }) => !entry.needs || user.permissions.includes(entry.needs))
    .map(({ entry, group }) => ({ key: entry.path, path: entry.path, icon: entry.icon, title: t(entry.label), subtitle: group }))
    .filter((choice) => !wanted || `${choice.title} ${choice.subtitle} ${choice.path}`.toLowerCase().includes(wanted));
}

function Search({ onClose }: { onClose: () => void }) {
  const { t, word } = useI18n();
  const navigate = useNavigate();
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const asked = useSettled(text.trim(), 200);
  const list = useRef<HTMLDivElement>(null);
  const found = useQuery({
    queryKey: keys.search(asked), queryFn: ({ signal }) => home.search(asked, signal), enabled: asked.length > 0, placeholderData: keepPreviousData,
  });
  const hits: Choice[] = (asked && found.data ? found.data.items : []).map((hit) => ({
    key: `${hit.type}:${hit.id}`, path: pathOfHit(hit), icon: icons[hit.type], title: hit.title,
    subtitle: [word("hit", hit.type), hit.subtitle].filter(Boolean).join(" · "),
  }));
  const choices = [...hits, ...usePages(text)];
  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
  }, [at]);

  const go = (choice: Choice | undefined) => {
    if (!choice) return;
    onClose();
    void navigate(choice.path);
  };
  const press = (event: KeyboardEvent) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step && choices.length) {
      event.preventDefault();
      setAt((at + step + choices.length) % choices.length);
    } else if (event.key === "Enter" && !event.nativeEvent.isComposing) go(choices[at]);
  };
  return (
    <div role="combobox" aria-expanded aria-controls="palette-list" aria-haspopup="listbox">
      <Input
        autoFocus size="large" variant="borderless" prefix={<SearchOutlined />} placeholder={t("search.placeholder")} aria-label={t("search.open")}
        value={text} suffix={found.isFetching ? <Spin size="small" /> : null} onKeyDown={press}
        aria-activedescendant={choices[at] ? `choice-${at}` : undefined}
        onChange={(event) => {
          setText(event.target.value);
          setAt(0);
        }}
      />
      <div id="palette-list" role="listbox" className="palette-list" ref={list}>
        {choices.map((choice, index) => (
          <div
            key={choice.key} id={`choice-${index}`} role="option" aria-selected={index === at} className="choice"
            onMouseMove={() => setAt(index)} onClick={() => go(choice)}
          >
            <span className="choice-icon">{choice.icon}</span>
            <span className="choice-title">{choice.title}</span>
            <span className="muted">{choice.subtitle}</span>
          </div>
        ))}
        {choices.length === 0 && !found.isFetching ? <div className="muted pad">{t("search.none")}</div> : null}
      </div>
      <div className="palette-foot muted">{t("search.keys")}</div>
    </div>
  );
}
