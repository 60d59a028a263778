import { DownloadOutlined } from "@ant-design/icons";
import { useMutation } from "@tanstack/react-query";
import { Button } from "antd";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { imports as api } from "../api/calls";
import type { Import, ImportSummary } from "../api/types";
import { useFormat } from "../format/useFormat";
import { useI18n, type Key } from "../i18n";

function Figure({ label, value, to, bad }: { label: Key; value: string; to?: string; bad?: boolean }) {
  const { t } = useI18n();
  const inside: ReactNode = <><div className="label">{t(label)}</div><div className={bad ? "value bad" : "value"}>{value}</div></>;
  return to ? <Link to={to} className="number">{inside}</Link> : <div className="number">{inside}</div>;
}

/** The numbers of a run, or of a dry run (then nothing was written and nothing links). */
export function Result({ item, summary }: { item: Import; summary: ImportSummary }) {
  const { t } = useI18n();
  const format = useFormat();
  const errors = useMutation({ mutationFn: () => api.errors(item.id, `${item.file}-errors.csv`) });
  const written = !item.dry_run;
  const orders = item.kind === "orders";
  return (
    <div className="stack tight">
      <div className="numbers">
        <Figure label="imports.sum.rows" value={format.count(summary.rows)} />
        <Figure label={written ? "imports.sum.imported" : "imports.sum.would"} value={format.count(summary.imported)} />
        <Figure label="imports.sum.unchanged" value={format.count(summary.unchanged)} />
        <Figure label="imports.sum.rejected" value={format.count(summary.rejected)} bad={summary.rejected > 0} />
        {item.kind === "products" ? null : <Figure label="imports.sum.people_new" value={format.count(summary.people_new)} to={written ? "/people" : undefined} />}
        {item.kind === "products" ? null : <Figure label="imports.sum.people_merged" value={format.count(summary.people_merged)} />}
        {summary.leads ? <Figure label="imports.sum.leads" value={format.count(summary.leads)} to={written ? "/leads" : undefined} /> : null}
        {orders ? <Figure label="home.orders" value={format.count(summary.orders)} to={written ? "/orders" : undefined} /> : null}
        {orders ? <Figure label="home.revenue" value={format.money(summary.revenue)} /> : null}
        {orders ? <Figure label="people.col.refunded" value={format.money(summary.refunded)} /> : null}
        <Figure label="imports.sum.seconds" value={t("imports.seconds", { n: summary.seconds < 10 ? summary.seconds.toFixed(1) : Math.round(summary.seconds) })} />
      </div>
      {summary.rejected > 0 ? (
        <div className="row">
          <Button icon={<DownloadOutlined />} loading={errors.isPending} onClick={() => errors.mutate()}>{t("imports.errors")}</Button>
          <span className="muted small">{t("imports.errors_hint")}</span>
        </div>
      ) : null}
    </div>
  );
}
