import { CalendarOutlined, InboxOutlined, ShoppingOutlined, SkinOutlined, UserOutlined } from "@ant-design/icons";
import { Alert, Button, Progress, Upload } from "antd";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { useNavigate } from "react-router";
import { imports as api } from "../api/calls";
import type { ImportKind } from "../api/types";
import { bytes } from "../format/money";
import { useI18n } from "../i18n";
import { useErrorText } from "../shell/errors";
import { Need, PageHead } from "../shell/parts";
import { useFilters } from "../shell/useFilters";
import "./imports.css";

const KINDS: [ImportKind, ReactNode][] = [
  ["people", <UserOutlined key="p" />], ["orders", <ShoppingOutlined key="o" />], ["events", <CalendarOutlined key="e" />], ["products", <SkinOutlined key="s" />],
];
const LIMIT = 2 * 1024 ** 3;

export function UploadPage() {
  return <Need permission="import.run"><UploadStep /></Need>;
}

function UploadStep() {
  const { t } = useI18n();
  const text = useErrorText();
  const navigate = useNavigate();
  const [filters, change] = useFilters();
  const kind = KINDS.map(([name]) => name).find((name) => name === filters.kind) ?? "people";
  const [sending, setSending] = useState<{ file: File; share: number } | null>(null);
  const [error, setError] = useState<unknown>(null);
  const abort = useRef<AbortController | null>(null);
  useEffect(() => () => abort.current?.abort(), []);

  const send = async (file: File) => {
    if (file.size > LIMIT) return setError(new Error(t("imports.too_large")));
    const stop = new AbortController();
    abort.current = stop;
    setError(null);
    setSending({ file, share: 0 });
    try {
      const made = await api.upload(kind, file, (share) => setSending({ file, share }), stop.signal);
      await navigate(`/imports/${made.id}${filters.leads ? "?leads=1" : ""}`);
    } catch (failure) {
      if (!(failure instanceof DOMException && failure.name === "AbortError")) setError(failure);
      setSending(null);
    }
  };
  return (
    <>
      <PageHead title={t("imports.new")} hint={t("imports.new_hint")} />
      <div className="stack narrow">
        <div className="kinds" role="radiogroup" aria-label={t("imports.what")}>
          {KINDS.map(([name, icon]) => (
            <button key={name} type="button" role="radio" aria-checked={name === kind} disabled={sending !== null} className="kind-card" onClick={() => change({ kind: name })}>
              <span className="empty-icon">{icon}</span><b>{t(`imports.kind.${name}`)}</b><span className="muted small">{t(`imports.kind_text.${name}`)}</span>
            </button>
          ))}
        </div>
        {error ? <Alert type="error" showIcon title={text(error)} /> : null}
        {sending ? (
          <div className="panel pad stack tight">
            <div className="row between"><b className="break">{sending.file.name}</b><span className="muted num">{bytes(sending.file.size * sending.share)} / {bytes(sending.file.size)}</span></div>
            <Progress percent={Math.floor(sending.share * 100)} status="active" />
            <div><Button onClick={() => abort.current?.abort()}>{t("action.cancel")}</Button></div>
          </div>
        ) : (
          <Upload.Dragger multiple={false} showUploadList={false} accept=".csv,.tsv,.txt,.gz,.xlsx,.xls,.jsonl,.ndjson,.parquet" beforeUpload={(file) => {
            void send(file);
            return false;
          }}>
            <p className="drop-icon"><InboxOutlined /></p>
            <p className="drop-title">{t("imports.drop")}</p>
            <p className="muted">{t("imports.formats")}</p>
          </Upload.Dragger>
        )}
        <p className="muted small">{t("imports.safe")}</p>
      </div>
    </>
  );
}
