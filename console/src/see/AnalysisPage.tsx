// The frame of every analysis: the question, its answer, and what can be done with it.
import { CameraOutlined, ControlOutlined, FileExcelOutlined, PushpinOutlined } from "@ant-design/icons";
import { keepPreviousData, useMutation, useQuery } from "@tanstack/react-query";
import { Alert, App, Button, Checkbox, Skeleton } from "antd";
import { Suspense, use, useRef, useState } from "react";
import { Link, useParams } from "react-router";
import { ApiError, saveBlob } from "../api/client";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { NotFound } from "../shell/Crash";
import { ErrorView } from "../shell/errors";
import { EmptyHint, MayButton, Need, PageHead, usePhone } from "../shell/parts";
import { useFilters } from "../shell/useFilters";
import { Behind } from "./Behind";
import { PinModal } from "./boards/PinModal";
import { analysis, seeKeys } from "./calls";
import { MistakeContext } from "./controls/Mistake";
import { AmongPicker, ByPicker, Labelled, SpanPicker } from "./controls/simple";
import { useCatalogue } from "./controls/useCatalogue";
import { kindOf, type AnyKind } from "./kind";
import { pictureOf } from "./picture";
import { Warnings } from "./Warnings";
import { KINDS, type Answered, type Frame, type KindName, type Spec } from "./shapes";
import { DEFAULT_SPAN, daysOf, fromParam, tidy, toParam } from "./spec";
import "./see.css";

export function AnalysisPage() {
  const name = useParams().kind?.replaceAll("-", "_") as KindName;
  if (!KINDS.includes(name)) return <NotFound />;
  return (
    <Need permission="people.read">
      <Suspense fallback={<Skeleton active />}><Loaded key={name} name={name} /></Suspense>
    </Need>
  );
}

function Loaded({ name }: { name: KindName }) {
  const { t } = useI18n();
  const kind = use(kindOf(name));
  const [filters, change] = useFilters();
  const defaults = useQuery({ queryKey: seeKeys.defaults, queryFn: analysis.defaults, staleTime: 60_000 });
  const { events, isPending, error, refetch } = useCatalogue();
  if (defaults.isPending || isPending) return <><PageHead title={t(`see.${name}`)} hint={t(`see.hint.${name}`)} /><Skeleton active /></>;
  const failed = defaults.error ?? error;
  if (failed) return <ErrorView error={failed} retry={() => void (defaults.error ? defaults.refetch() : refetch())} />;
  if (events.length === 0 && name !== "assets") return <><PageHead title={t(`see.${name}`)} hint={t(`see.hint.${name}`)} /><NoEvents /></>;
  const own = defaults.data?.[name];
  const spec = fromParam(filters.spec) ?? own ?? (kind.fallback as Spec);
  return <Question name={name} kind={kind} spec={spec} plain={!own} onChange={(next) => change({ spec: next ? toParam(next) : null })} />;
}

function NoEvents() {
  const { t } = useI18n();
  return (
    <div className="panel">
      <EmptyHint title={t("see.no_events")}>
        <p>{t("see.no_events_text")}</p>
        <div className="row"><Link to="/imports/new?kind=orders">{t("home.do.import_orders")}</Link><Link to="/settings/keys">{t("home.do.connect_sdk")}</Link></div>
      </EmptyHint>
    </div>
  );
}

interface QuestionProps { name: KindName; kind: AnyKind; spec: Spec; plain: boolean; onChange: (spec: Spec | null) => void }

function Question({ name, kind, spec, plain, onChange }: QuestionProps) {
  const { t } = useI18n();
  const format = useFormat();
  const { message } = App.useApp();
  const phone = usePhone();
  const area = useRef<HTMLDivElement>(null);
  const [asking, setAsking] = useState(false);
  const [pinning, setPinning] = useState(false);
  const asked = tidy(spec);
  const answer = useQuery({
    queryKey: seeKeys.answer(name, asked), queryFn: ({ signal }) => analysis.ask<object>(name, asked, signal), placeholderData: keepPreviousData, staleTime: 30_000,
  });
  const change = (part: Partial<Frame>) => onChange(tidy({ ...spec, ...part }) as Spec);
  const title = t(`see.${name}`);
  const excel = useMutation({ mutationFn: () => analysis.excel(name, asked, `${name}-${format.day(new Date().toISOString())}.xlsx`) });
  const picture = useMutation({
    mutationFn: async () => {
      const blob = area.current ? await pictureOf(area.current, title, period(answer.data)) : null;
      if (blob) saveBlob(blob, `${name}.png`);
      else void message.error(t("see.no_picture"));
    },
  });
  const result = answer.data;
  // What the question itself has wrong is said where it stands; the page stays as it is, to be put right.
  const mistake = answer.error instanceof ApiError && answer.error.status === 400 ? answer.error : null;
  const some = result && !kind.isEmpty(result);
  return (
    <>
      <PageHead title={title} hint={t(`see.hint.${name}`)}>
        <MayButton permission="boards.write" icon={<PushpinOutlined />} disabled={!some} onClick={() => setPinning(true)}>{t("see.pin")}</MayButton>
        <Button icon={<CameraOutlined />} disabled={!some} loading={picture.isPending} onClick={() => picture.mutate()}>{t("see.picture")}</Button>
        <Button icon={<FileExcelOutlined />} disabled={!some} loading={excel.isPending} onClick={() => excel.mutate()}>{t("see.excel")}</Button>
      </PageHead>
      {phone ? <Button block icon={<ControlOutlined />} className="gap-below" aria-expanded={asking} onClick={() => setAsking(!asking)}>{t("see.question")}</Button> : null}
      {phone && !asking && !mistake ? null : <MistakeContext value={mistake}><Controls kind={kind} spec={spec} onChange={change} onReset={() => onChange(null)} /></MistakeContext>}
      <Behind kind={name} spec={asked}>
        {mistake ? <Alert type="error" showIcon className="gap-below" title={mistake.message} /> : answer.error ? <div className="panel"><ErrorView error={answer.error} retry={() => void answer.refetch()} /></div> : null}
        {answer.isPending ? <Skeleton active paragraph={{ rows: 8 }} /> : null}
        {result && !answer.error ? (
          <div className={answer.isPlaceholderData ? "stack see-result waiting" : "stack see-result"} ref={area}>
            <Warnings warnings={result.warnings} />
            {some ? <kind.View spec={spec} result={result} /> : <div className="panel"><EmptyHint title={t("see.nothing")}>{t(plain || name === "assets" ? `see.needs.${name}` : "see.nothing_text")}</EmptyHint></div>}
          </div>
        ) : null}
        {result && !answer.error ? <Foot result={result} /> : null}
      </Behind>
      <PinModal open={pinning} kind={name} spec={asked} title={title} onClose={() => setPinning(false)} />
    </>
  );
}

function period(result: Answered | undefined): string {
  return result?.span ? `${result.span.from} – ${result.span.to}` : "";
}

function Foot({ result }: { result: Answered }) {
  const { t } = useI18n();
  const format = useFormat();
  return (
    <p className="muted small num see-foot">
      {[period(result), t("see.as_of", { at: format.at(result.as_of, true) }), t("see.took", { n: result.took_ms })].filter(Boolean).join(" · ")}
    </p>
  );
}

function Controls({ kind, spec, onChange, onReset }: { kind: AnyKind; spec: Spec; onChange: (part: Partial<Frame>) => void; onReset: () => void }) {
  const { t } = useI18n();
  const format = useFormat();
  const [today] = useState(() => format.day(new Date().toISOString()));
  const span = spec.span ?? DEFAULT_SPAN;
  return (
    <section className="panel see-question">
      {kind.Form ? <div className="see-form"><kind.Form spec={spec} change={onChange} /></div> : null}
      <div className="see-frame">
        {kind.span ? <Labelled at="span" label={t("see.span")}><SpanPicker value={kind.span === "all" ? spec.span : span} all={kind.span === "all"} days={daysOf(span, today)} onChange={(next) => onChange({ span: next })} /></Labelled> : null}
        <Labelled at="among" label={t("see.among")}><AmongPicker value={spec.among} onChange={(among) => onChange({ among })} /></Labelled>
        {kind.by === "none" ? null : <Labelled at="by" label={t("see.by")}><ByPicker kind={kind.by} value={spec.by} counted={kind.counted?.(spec)} onChange={(by) => onChange({ by })} /></Labelled>}
        {kind.compare ? <Checkbox className="see-compare" checked={spec.compare === true} onChange={(event) => onChange({ compare: event.target.checked || undefined })}>{t("see.compare")}</Checkbox> : null}
        <span className="grow" />
        <Button type="link" onClick={onReset}>{t("see.reset")}</Button>
      </div>
    </section>
  );
}
