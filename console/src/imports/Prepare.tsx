// Before anything is written: how the file is read, which column is what, and what would happen.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Skeleton } from "antd";
import { useEffect, useRef, useState } from "react";
import { imports as api } from "../api/calls";
import { keys } from "../api/keys";
import type { Import, ImportField, ImportOptions, ImportPreview, PreviewOptions } from "../api/types";
import { useI18n } from "../i18n";
import { ErrorView } from "../shell/errors";
import { useFormat } from "../format/useFormat";
import { useKindName } from "../shell/parts";
import { fromMapping, fromSuggestions, personFields, problems, toMapping, type Choice } from "./mapping";
import { MappingTable } from "./MappingTable";
import { PreviewTable } from "./PreviewTable";
import { useFilters } from "../shell/useFilters";
import { ReadOptions, type ReadValues } from "./ReadOptions";
import { Result } from "./Result";

export function Prepare({ item }: { item: Import }) {
  const [options, setOptions] = useState<PreviewOptions>(() => readAs(item.options));
  const format = useFormat();
  // From the page of leads.
  const asLeads = useFilters()[0].leads === "1";
  const [values, setValues] = useState<ReadValues>({ timezone: item.options?.timezone ?? format.zone, currency: item.options?.currency ?? format.currency, leads: item.options?.leads ?? (item.kind === "people" && asLeads), channel: item.options?.channel ?? undefined });
  const preview = useQuery({ queryKey: keys.importPreview(item.id, options), queryFn: () => api.preview(item.id, options), staleTime: 300_000, placeholderData: (before: ImportPreview | undefined) => before });
  if (preview.isPending) return <div className="panel pad"><Skeleton active paragraph={{ rows: 8 }} /></div>;
  return (
    <div className="stack">
      {preview.isError && preview.data === undefined ? <ErrorView error={preview.error} retry={() => void preview.refetch()} /> : null}
      {preview.data ? (
        <>
          <ReadOptions item={item} preview={preview.data} options={options} values={values} onOptions={setOptions} onValues={setValues} />
          {preview.isError ? <ErrorView error={preview.error} /> : null}
          <PreviewTable preview={preview.data} />
          {/* Another sheet or encoding has other columns: the choices start again from its suggestions. */}
          <Mapping key={preview.data.columns.map((column) => column.name).join("\u0000")} item={item} preview={preview.data} options={{ ...options, ...values }} />
        </>
      ) : null}
    </div>
  );
}

/** What an earlier run of the same file was told; a dry run must not make the operator choose again. */
function readAs(options: ImportOptions | null | undefined): PreviewOptions {
  const { encoding, delimiter, sheet, header } = options ?? {};
  return { encoding: encoding ?? undefined, delimiter: delimiter ?? undefined, sheet: sheet ?? undefined, header: header ?? undefined };
}

function useFields(item: Import, preview: ImportPreview): ImportField[] {
  const kind = useKindName();
  const { t } = useI18n();
  const buyers = personFields(item.kind, preview.fields).map((field) => {
    const name = field.slice("person.".length);
    const label = t("imports.buyer", { name: name === "trait." ? t("imports.trait") : kind(name.replace(/:$/, "")) });
    return { field, label_zh: label, label_en: label, required: false };
  });
  return [...preview.fields, ...buyers];
}

function Mapping({ item, preview, options }: { item: Import; preview: ImportPreview; options: PreviewOptions & ImportOptions }) {
  const { t, label } = useI18n();
  const client = useQueryClient();
  const fields = useFields(item, preview);
  const [choice, setChoice] = useState<Choice>(() => {
    const chosen = fromMapping(item.mapping);
    const still = preview.columns.some((column) => column.name in chosen);
    return still ? chosen : fromSuggestions({ ...preview, fields });
  });
  const [tried, setTried] = useState<string | null>(item.summary && item.mapping ? JSON.stringify(fromMapping(item.mapping)) : null);
  const start = useMutation({
    mutationFn: (dry: boolean) => {
      return api.start(item.id, toMapping(choice), options, dry);
    },
    onSuccess: (next) => {
      setTried(JSON.stringify(choice));
      client.setQueryData(keys.import(item.id), next);
    },
  });
  const wrong = problems(choice, fields);
  const ready = Object.keys(choice).length > 0 && !wrong.missing.length && !wrong.twice.length && !wrong.unnamed.length;
  const dryDone = item.dry_run && item.state === "done" && item.summary;
  // The result stands below the long list of columns; it is what the operator waited for.
  const seen = useRef<HTMLElement>(null);
  useEffect(() => {
    // Braces: newer browsers return a promise here, and React would take it for the clean-up.
    void seen.current?.scrollIntoView({ block: "center" });
  }, [item.finished_at]);
  const stale = dryDone && tried !== null && !sameChoice(tried, choice);
  return (
    <>
      <MappingTable preview={preview} fields={fields} choice={choice} onChange={setChoice} />
      {wrong.missing.length ? <Alert type="warning" showIcon title={t("imports.missing", { fields: wrong.missing.map(label).join(", ") })} /> : null}
      {wrong.twice.length ? <Alert type="warning" showIcon title={t("imports.twice", { fields: wrong.twice.join(", ") })} /> : null}
      {wrong.unnamed.length ? <Alert type="warning" showIcon title={t("imports.unnamed", { columns: wrong.unnamed.join(", ") })} /> : null}
      {dryDone && item.summary ? (
        <section className="panel pad stack tight" ref={seen}>
          <b>{t("imports.dry_title")}</b>
          <span className="muted">{stale ? t("imports.dry_stale") : t("imports.dry_text")}</span>
          <Result item={item} summary={item.summary} />
        </section>
      ) : null}
      <div className="row sticky-foot">
        <Button type={dryDone && !stale ? "default" : "primary"} disabled={!ready} loading={start.isPending && start.variables} onClick={() => start.mutate(true)}>{t("imports.dry")}</Button>
        <Button type={dryDone && !stale ? "primary" : "default"} disabled={!ready} loading={start.isPending && !start.variables} onClick={() => start.mutate(false)}>{t("imports.start")}</Button>
        <span className="muted small">{t("imports.dry_hint")}</span>
      </div>
    </>
  );
}

function sameChoice(tried: string, choice: Choice): boolean {
  const sorted = (value: Choice) => JSON.stringify(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  return sorted(JSON.parse(tried) as Choice) === sorted(choice);
}
