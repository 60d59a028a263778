import { useQuery } from "@tanstack/react-query";
import { Select, Switch } from "antd";
import type { Import, ImportOptions, ImportPreview, PreviewOptions } from "../api/types";
import { channelKeys, channels } from "../channels/calls";
import { useI18n } from "../i18n";
import { currencyOptions, zoneOptions } from "../session/choices";

const ENCODINGS = ["utf-8", "gb18030", "gbk", "big5", "utf-16le", "shift_jis", "windows-1252"];
const DELIMITERS = [",", ";", "\t", "|"];
export type ReadValues = Pick<ImportOptions, "timezone" | "currency" | "leads" | "channel">;

/** How the file is read. What the server recognised is shown as chosen; another choice shows its effect in the table below at once. */
export function ReadOptions({ item, preview, options, values, onOptions, onValues }: {
  item: Import; preview: ImportPreview; options: PreviewOptions; values: ReadValues; onOptions: (options: PreviewOptions) => void; onValues: (values: ReadValues) => void;
}) {
  const { t, word, locale } = useI18n();
  const text = preview.delimiter !== null || preview.format === "csv";
  const encoding = options.encoding ?? preview.encoding?.toLowerCase() ?? undefined;
  const sheets = preview.sheets ?? [];
  return (
    <section className="panel pad options">
      <label>{t("imports.format")}<Select disabled value={preview.format} options={[{ value: preview.format, label: preview.format.toUpperCase() }]} /></label>
      {preview.encoding ? (
        <label>{t("imports.encoding")}
          <Select value={encoding} options={[...new Set([...(encoding ? [encoding] : []), ...ENCODINGS])].map((value) => ({ value, label: value.toUpperCase() }))} onChange={(value) => onOptions({ ...options, encoding: value })} />
        </label>
      ) : null}
      {text ? (
        <label>{t("imports.delimiter")}
          <Select value={options.delimiter ?? preview.delimiter ?? ","} options={DELIMITERS.map((value) => ({ value, label: word("delimiter", value === "\t" ? "tab" : value) }))} onChange={(value) => onOptions({ ...options, delimiter: value })} />
        </label>
      ) : null}
      {sheets.length ? (
        <label>{t("imports.sheet")}
          <Select value={options.sheet ?? preview.sheet ?? sheets[0]} options={sheets.map((sheet) => ({ value: sheet, label: sheet }))} onChange={(sheet) => onOptions({ ...options, sheet })} />
        </label>
      ) : null}
      <label>{t("imports.zone")}
        <Select showSearch value={values.timezone} options={zoneOptions()} onChange={(timezone) => onValues({ ...values, timezone })} />
      </label>
      {item.kind === "orders" || item.kind === "products" ? (
        <label>{t("setup.currency")}
          <Select showSearch={{ optionFilterProp: "label" }} value={values.currency} options={currencyOptions(locale)} onChange={(currency) => onValues({ ...values, currency })} />
        </label>
      ) : null}
      {item.kind === "people" ? <AsLeads values={values} onValues={onValues} /> : null}
      {text ? <label className="row header-switch"><Switch size="small" checked={options.header ?? true} onChange={(header) => onOptions({ ...options, header })} />{t("imports.header")}</label> : null}
    </section>
  );
}

/** A list of phones whose people are to be won as friends. */
function AsLeads({ values, onValues }: { values: ReadValues; onValues: (values: ReadValues) => void }) {
  const { t } = useI18n();
  const known = useQuery({ queryKey: channelKeys.choice, queryFn: () => channels.list({ limit: 200 }), staleTime: 60_000, enabled: Boolean(values.leads) });
  return (
    <>
      <label className="row header-switch" title={t("imports.leads_hint")}><Switch size="small" checked={values.leads ?? false} onChange={(leads) => onValues({ ...values, leads, channel: leads ? values.channel : undefined })} />{t("imports.leads")}</label>
      {values.leads ? (
        <label>{t("imports.leads_channel")}
          <Select allowClear showSearch={{ optionFilterProp: "label" }} value={values.channel ?? undefined} loading={known.isPending} onChange={(channel?: string) => onValues({ ...values, channel })} options={(known.data?.items ?? []).map((own) => ({ value: own.code, label: own.name }))} />
        </label>
      ) : null}
    </>
  );
}
