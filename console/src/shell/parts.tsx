// Small parts that every page uses.
import { CopyOutlined, LockOutlined } from "@ant-design/icons";
import { App, Button, Grid, Tag as AntTag, Tooltip, Typography, type ButtonProps } from "antd";
import { useEffect, useState, type ReactElement, type ReactNode } from "react";
import type { IdentifierValue, Permission, TagRef } from "../api/types";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { MissingPermission } from "./errors";
import { useCan } from "./session";

export function usePhone(): boolean {
  return Grid.useBreakpoint().md === false;
}

export function PageHead({ title, hint, children }: { title: ReactNode; hint?: ReactNode; children?: ReactNode }) {
  useEffect(() => {
    if (typeof title === "string") document.title = `${title} · Siyu`;
  }, [title]);
  return (
    <header className="page-head">
      <div className="page-title">
        <h1>{title}</h1>
        {hint ? <p>{hint}</p> : null}
      </div>
      {children ? <div className="page-actions">{children}</div> : null}
    </header>
  );
}

/** Shows its page only to those who may see it; others learn which permission is missing. */
export function Need({ permission, children }: { permission: Permission; children: ReactNode }) {
  return useCan()(permission) ? children : <MissingPermission permission={permission} />;
}

/** A button that stays visible without the permission and says why it is off. */
export function MayButton({ permission, tooltip, ...rest }: ButtonProps & { permission: Permission; tooltip?: string }) {
  const may = useCan()(permission);
  const { t, word } = useI18n();
  const reason = may ? tooltip : t("error.needs", { permission: word("perm", permission) });
  const button = <Button {...rest} disabled={rest.disabled || !may} />;
  return reason ? <Tooltip title={reason}>{may ? button : <span className="off">{button}</span>}</Tooltip> : button;
}

export function useCopy(): (text: string) => void {
  const { message } = App.useApp();
  const { t } = useI18n();
  return (text) => {
    navigator.clipboard.writeText(text).then(() => message.success(t("action.copied")), () => message.warning(t("action.copy_failed")));
  };
}

export function Copyable({ text, children }: { text: string; children?: ReactNode }) {
  const copy = useCopy();
  const { t } = useI18n();
  return (
    <span className="copyable">
      <code>{children ?? text}</code>
      <Tooltip title={t("action.copy")}>
        <Button type="text" size="small" aria-label={t("action.copy")} icon={<CopyOutlined />} onClick={() => copy(text)} />
      </Tooltip>
    </span>
  );
}

export function useKindName(): (kind: string) => string {
  const { t, word } = useI18n();
  return (kind) => (kind.startsWith("ext:") ? t("kind.ext_of", { name: kind.slice(4) }) : word("kind", kind));
}

/** Where something came from: an import and a key are named by their ids on the wire. */
export function useSourceName(): (source: string) => string {
  const { t, word } = useI18n();
  return (source) => (source.startsWith("imp_") ? t("origin.import") : source.startsWith("key_") ? t("origin.sdk") : word("origin", source));
}

export function IdentifierText({ item, plain }: { item: IdentifierValue; plain?: boolean }) {
  const name = useKindName();
  const { t } = useI18n();
  const value = (
    <span className="num break">
      {item.value}
      {item.masked ? <Tooltip title={t("people.masked_hint")}><LockOutlined className="lock" aria-label={t("people.masked")} /></Tooltip> : null}
    </span>
  );
  if (plain) return value;
  return <span className="identifier"><span className="kind">{name(item.kind)}</span>{value}</span>;
}

const TAG_COLORS = ["green", "cyan", "blue", "geekblue", "purple", "magenta", "red", "volcano", "orange", "gold", "lime", "default"];
export const tagColors = TAG_COLORS;

export function TagChip({ tag, onRemove }: { tag: TagRef; onRemove?: () => void }) {
  const { t } = useI18n();
  const format = useFormat();
  const chip = (
    <AntTag color={tag.color || "default"} closable={Boolean(onRemove)} onClose={(event) => {
      event.preventDefault();
      onRemove?.();
    }}>{tag.name}</AntTag>
  );
  const hint = [tag.group, tag.expires_at ? t("tags.expires_at", { at: format.at(tag.expires_at) }) : ""].filter(Boolean).join(" · ");
  return hint ? <Tooltip title={hint}>{chip}</Tooltip> : chip;
}

export function JsonView({ value }: { value: unknown }) {
  return <pre className="json">{JSON.stringify(value, null, 2)}</pre>;
}

export function Snippet({ text }: { text: string }) {
  const { t } = useI18n();
  const copy = useCopy();
  return (
    <div className="snippet">
      <Button size="small" icon={<CopyOutlined />} onClick={() => copy(text)}>{t("action.copy")}</Button>
      <pre>{text}</pre>
    </div>
  );
}

export function Num({ children, muted }: { children: ReactNode; muted?: boolean }) {
  return <span className={muted ? "num muted" : "num"}>{children}</span>;
}

/** Waits until typing pauses. */
export function useSettled<T>(value: T, ms = 350): T {
  const [settled, settle] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => settle(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return settled;
}

export function EmptyHint({ title, children, icon }: { title: string; children?: ReactNode; icon?: ReactElement }) {
  return (
    <div className="empty-hint">
      {icon ? <div className="empty-icon">{icon}</div> : null}
      <Typography.Text strong>{title}</Typography.Text>
      {children ? <div className="muted">{children}</div> : null}
    </div>
  );
}
