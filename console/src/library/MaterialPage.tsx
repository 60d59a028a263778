import { CheckOutlined, CloseOutlined, EditOutlined, SendOutlined } from "@ant-design/icons";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Input, Modal, Popconfirm, Skeleton, Tag as AntTag } from "antd";
import { useState, type ReactNode } from "react";
import { Link, useNavigate, useParams } from "react-router";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { ErrorView, useErrorText } from "../shell/errors";
import { itemsOf, usePages } from "../shell/ListTable";
import { MayButton, Need, PageHead } from "../shell/parts";
import { Phone } from "../welcomes/Phone";
import "../welcomes/welcomes.css";
import { materialKeys, materials as api, type Version, type Whole } from "./calls";
import "./library.css";
import { KindIcon, Labels, MaterialState } from "./parts";
import { TestSend } from "./TestSend";
import { useReader } from "./useReader";

export function MaterialPage() {
  return <Need permission="people.read"><Load /></Need>;
}

function Load() {
  const { id = "" } = useParams();
  const found = useQuery({ queryKey: materialKeys.one(id), queryFn: () => api.get(id) });
  if (found.error) return <ErrorView error={found.error} retry={() => void found.refetch()} />;
  return found.data ? <Page own={found.data} /> : <Skeleton active />;
}

function Page({ own }: { own: Whole }) {
  const { t, word } = useI18n();
  const format = useFormat();
  const [chosen, choose] = useState<Version>();
  const shown = chosen ?? own.newest;
  const reader = useReader(own.id, shown.version);
  return (
    <>
      <PageHead title={own.name} hint={<Link to="/materials">{t("nav.materials")}</Link>}><Steps own={own} /></PageHead>
      <div className="two">
        <div className="stack">
          <section className="panel pad stack tight">
            <div className="row wrap"><KindIcon kind={own.kind} /><span>{word("materials.kind", own.kind)}</span><MaterialState own={own} />{own.folder ? <span className="muted">{own.folder}</span> : null}<Labels own={own} /></div>
            <Word own={own} />
          </section>
          <section className="panel pad">
            <h3 className="part">{t("materials.as_read")}</h3>
            {reader.form}
            <TestSend sample={{ name: own.name, material: own.id, version: shown.version }} />
            {reader.error ? <Alert type="warning" showIcon title={reader.error} className="gap-above" /> : null}
            {reader.tried ? (
              <div className="stack tight gap-above">
                {reader.tried.fallbacks.length ? <Alert type="info" showIcon title={t("materials.fallbacks", { names: reader.tried.fallbacks.map((one) => one.label).join(t("materials.and")) })} /> : null}
                <ul className="material-ways">
                  {reader.tried.ways.map((way) => (
                    <li key={way.way} className={way.fits ? "good" : "muted"}>{way.fits ? <CheckOutlined /> : <CloseOutlined />} {word("materials.way", way.way)}{way.message ? <span className="small"> · {way.message}</span> : null}</li>
                  ))}
                </ul>
              </div>
            ) : null}
          </section>
          <Radar id={own.id} />
          <section className="panel pad">
            <h3 className="part">{t("materials.used")}</h3>
            {own.used.length ? own.used.map((use) => (
              <div key={`${use.what}${use.id}`} className="row between material-line">
                <span><AntTag>{word("materials.what", use.what)}</AntTag><UseLink what={use.what} id={use.id}>{use.name || t("materials.use_gone")}</UseLink></span>
                <span className="muted small num">v{use.version} · {format.at(use.at)}</span>
              </div>
            )) : <p className="muted">{t("materials.unused")}</p>}
          </section>
          <Versions own={own} shown={shown.version} choose={choose} />
        </div>
        <Phone content={shown.content} shown={reader.tried?.shown} />
      </div>
    </>
  );
}

/** What was said of the newest version, and what it waits for. */
function Word({ own }: { own: Whole }) {
  const { t } = useI18n();
  const newest = own.newest;
  if (own.state === "rejected") return <Alert type="error" showIcon title={t("materials.rejected_by", { who: newest.decided_by ?? "" })} description={newest.reason} />;
  if (own.state === "review") return <Alert type="warning" showIcon title={t(newest.mine ? "materials.review_mine" : "materials.review_other", { who: newest.written_by })} />;
  if (own.state === "draft") return <p className="muted">{t(own.approved ? "materials.draft_over" : "materials.draft", { n: own.approved ?? 0 })}</p>;
  if (own.state === "approved") return <p className="muted">{t("materials.approved_by", { who: newest.decided_by ?? "" })}</p>;
  return <p className="muted">{t("materials.retired")}</p>;
}

function Steps({ own }: { own: Whole }) {
  const { t } = useI18n();
  const text = useErrorText();
  const navigate = useNavigate();
  const client = useQueryClient();
  const { message } = App.useApp();
  const [rejecting, setRejecting] = useState(false);
  const [reason, setReason] = useState("");
  const act = useMutation({
    meta: { quiet: true },
    mutationFn: (work: () => Promise<Whole>) => work(),
    onSuccess: () => setRejecting(false),
    onError: (error) => void message.error(text(error)),
    onSettled: () => void client.invalidateQueries({ queryKey: materialKeys.all }),
  });
  const may = { permission: "messages.write", loading: act.isPending } as const;
  const review = own.state === "review";
  return (
    <>
      <MayButton {...may} loading={false} icon={<EditOutlined />} onClick={() => void navigate(`/materials/${own.id}/edit`)}>{t("action.edit")}</MayButton>
      {own.state === "draft" || own.state === "rejected" ? <MayButton {...may} type="primary" icon={<SendOutlined />} onClick={() => act.mutate(() => api.submit(own.id, own.version))}>{t("materials.submit")}</MayButton> : null}
      {review ? <MayButton {...may} icon={<CloseOutlined />} onClick={() => setRejecting(true)}>{t(own.newest.mine ? "materials.take_back" : "materials.reject")}</MayButton> : null}
      {review ? <MayButton {...may} type="primary" icon={<CheckOutlined />} disabled={own.newest.mine} tooltip={own.newest.mine ? t("materials.not_own") : undefined} onClick={() => act.mutate(() => api.approve(own.id, own.version))}>{t("materials.approve")}</MayButton> : null}
      {own.state === "retired" ? null : <Popconfirm title={t("materials.retire_sure")} okText={t("materials.retire")} cancelText={t("action.cancel")} onConfirm={() => act.mutate(() => api.retire(own.id))}><MayButton {...may} danger>{t("materials.retire")}</MayButton></Popconfirm>}
      <Modal
        open={rejecting} onCancel={() => setRejecting(false)} title={t(own.newest.mine ? "materials.take_back" : "materials.reject")} okText={t(own.newest.mine ? "materials.take_back" : "materials.reject")} cancelText={t("action.cancel")} destroyOnHidden
        okButtonProps={{ danger: true, disabled: !reason.trim() }} confirmLoading={act.isPending} onOk={() => act.mutate(() => api.reject(own.id, own.version, reason.trim()))}
      >
        <Input.TextArea rows={3} maxLength={500} value={reason} onChange={(event) => setReason(event.target.value)} placeholder={t("materials.reason")} aria-label={t("materials.reason")} />
      </Modal>
    </>
  );
}

function Radar({ id }: { id: string }) {
  const { t } = useI18n();
  const format = useFormat();
  const found = useQuery({ queryKey: materialKeys.radar(id), queryFn: () => api.radar(id), refetchInterval: 30_000 });
  const own = found.data;
  if (!own) return null;
  const figure = (label: string, value: string) => <div className="material-figure"><b className="num">{value}</b><span className="muted small">{label}</span></div>;
  return (
    <section className="panel pad">
      <h3 className="part">{t("materials.radar")}</h3>
      <p className="muted small">{t("materials.radar_hint")}</p>
      <div className="material-figures">
        {figure(t("materials.opens"), format.count(own.opens))}
        {figure(t("materials.people"), format.count(own.people))}
        {figure(t("materials.sent"), format.count(own.sent))}
        {figure(t("materials.passed_on"), format.count(own.passed_on))}
        {typeof own.seconds_each === "number" ? figure(t("materials.seconds_each"), t("materials.seconds_n", { n: format.count(Math.round(own.seconds_each)) })) : null}
        {figure(t("materials.last"), own.last_at ? format.at(own.last_at) : "–")}
      </div>
      {own.items.slice(0, 20).map((one) => (
        <div key={one.id} className="row between material-line"><Link to={`/people/${one.id}`}>{one.name || t("leads.nameless")}</Link><span className="muted small num">{t("materials.opens_n", { n: format.count(one.opens) })}{one.seconds ? ` · ${t("materials.seconds_n", { n: format.count(one.seconds) })}` : ""}{one.browsers > 1 ? ` · ${t("materials.browsers_n", { n: format.count(one.browsers) })}` : ""} · {format.at(one.last_at)}</span></div>
      ))}
    </section>
  );
}

function Versions({ own, shown, choose }: { own: Whole; shown: number; choose: (version: Version) => void }) {
  const { t, word } = useI18n();
  const format = useFormat();
  const pages = usePages<Version>(materialKeys.versions(own.id), (query) => api.versions(own.id, query), {}, 20);
  return (
    <section className="panel pad">
      <h3 className="part">{t("materials.versions")}</h3>
      {itemsOf(pages).map((version) => (
        <button type="button" key={version.version} className={version.version === shown ? "material-version on" : "material-version"} onClick={() => choose(version)} aria-pressed={version.version === shown}>
          <span className="row between"><b className="plain num">v{version.version}</b><span className="row tight">{version.version === own.approved && own.state !== "retired" ? <AntTag color="green">{t("materials.now")}</AntTag> : <AntTag>{word("materials.state", version.state)}</AntTag>}</span></span>
          <span className="muted small">{version.written_by} · <span className="num">{format.at(version.written_at)}</span></span>
          {version.reason ? <span className="small bad">{version.reason}</span> : null}
        </button>
      ))}
      {pages.hasNextPage ? <Button size="small" onClick={() => void pages.fetchNextPage()} loading={pages.isFetchingNextPage}>{t("list.more")}</Button> : null}
    </section>
  );
}

const PLACES: Record<string, string> = { message: "/messages", broadcast: "/messages", group_message: "/group-messages", moment: "/moments", welcome: "/welcomes" };
function UseLink({ what, id, children }: { what: string; id: string; children: ReactNode }) {
  const place = PLACES[what];
  return place ? <Link to={`${place}/${id}`}>{children}</Link> : <>{children}</>;
}
