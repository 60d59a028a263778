// Templates of posters, and the posters that are made with them.
import { DownloadOutlined, EditOutlined, EllipsisOutlined, PictureOutlined, PlusOutlined } from "@ant-design/icons";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Drawer, Dropdown, Form, Input, Segmented, Select, Skeleton, Switch, Tag as AntTag } from "antd";
import { useState } from "react";
import { useNavigate } from "react-router";
import { useChannels } from "../channels/CodesPage";
import { useI18n } from "../i18n";
import { ErrorView } from "../shell/errors";
import { EmptyHint, MayButton, Need, PageHead } from "../shell/parts";
import { posterKeys, posters, type Poster } from "./calls";
import { useTargets, type Target } from "./targets";
import "./posters.css";

export function PostersPage() {
  return <Need permission="people.read"><Posters /></Need>;
}

function Posters() {
  const { t } = useI18n();
  const navigate = useNavigate();
  const targets = useTargets();
  const [archived, setArchived] = useState(false);
  const [used, use] = useState<Poster>();
  const query = { limit: 100, archived: archived || null };
  const list = useQuery({ queryKey: posterKeys.list(query), queryFn: () => posters.list(query) });
  const add = <MayButton permission="channels.write" type="primary" icon={<PlusOutlined />} onClick={() => void navigate("/posters/new")}>{t("posters.new")}</MayButton>;
  const shown = list.data?.items ?? [];
  return (
    <>
      <PageHead title={t("posters.title")} hint={t("posters.hint")}>{add}</PageHead>
      <div className="bar filters"><label className="row"><Switch size="small" checked={archived} onChange={setArchived} />{t("posters.archived_too")}</label></div>
      {list.isPending ? <Skeleton active /> : null}
      {list.error ? <ErrorView error={list.error} retry={() => void list.refetch()} /> : null}
      {list.data && shown.length === 0 ? <div className="panel"><EmptyHint icon={<PictureOutlined />} title={t("posters.empty")}><p>{t("posters.empty_text")}</p><p className="gap-above">{add}</p></EmptyHint></div> : null}
      <div className="poster-list">{shown.map((own) => <Card key={own.id} poster={own} target={targets.all[0]} use={() => use(own)} />)}</div>
      <Drawer open={Boolean(used)} onClose={() => use(undefined)} title={used?.name} size={480} destroyOnHidden>{used ? <Use poster={used} /> : null}</Drawer>
    </>
  );
}

function Card({ poster, target, use }: { poster: Poster; target: Target | undefined; use: () => void }) {
  const { t } = useI18n();
  const navigate = useNavigate();
  const client = useQueryClient();
  const away = useMutation({ mutationFn: () => posters.change(poster.id, { archived: !poster.archived_at }), onSuccess: () => client.invalidateQueries({ queryKey: posterKeys.all }) });
  return (
    <section className="panel poster-card">
      <div className="poster-thumb">{target ? <img src={posters.url(poster.id, { code: target.code, pool: target.pool, v: poster.version })} alt={poster.name} loading="lazy" /> : <PictureOutlined className="muted" />}</div>
      <div className="row between"><b className="plain">{poster.name}</b>{poster.archived_at ? <AntTag>{t("posters.archived")}</AntTag> : <span className="muted small num">{poster.design.width}×{poster.design.height}</span>}</div>
      <div className="row between">
        <Button type="primary" icon={<DownloadOutlined />} onClick={use}>{t("posters.use")}</Button>
        <Dropdown.Button icon={<EllipsisOutlined />} onClick={() => void navigate(`/posters/${poster.id}`)} menu={{ items: [{ key: "away", label: t(poster.archived_at ? "posters.back" : "posters.away") }], onClick: () => away.mutate() }}><EditOutlined /> {t("action.edit")}</Dropdown.Button>
      </div>
    </section>
  );
}

function Use({ poster }: { poster: Poster }) {
  const { t } = useI18n();
  const [way, setWay] = useState<"code" | "guides">("code");
  return (
    <div className="stack">
      <Segmented block value={way} onChange={setWay} options={[{ value: "code", label: t("posters.one_code") }, { value: "guides", label: t("posters.by_guide") }]} />
      {way === "code" ? <OneCode poster={poster} /> : <Guides poster={poster} />}
    </div>
  );
}

function OneCode({ poster }: { poster: Poster }) {
  const { t } = useI18n();
  const targets = useTargets();
  const [chosen, choose] = useState<string>();
  const [guide, setGuide] = useState("");
  const target = targets.all.find((own) => own.value === chosen) ?? targets.all[0];
  const query = { code: target?.code, pool: target?.pool, guide: guide.trim() || null };
  const load = useMutation({ mutationFn: () => posters.one(poster.id, query, `${poster.name}-${target?.name ?? ""}.png`) });
  if (!targets.pending && !target) return <Alert type="info" showIcon title={t("posters.no_code")} />;
  return (
    <Form layout="vertical">
      <Form.Item label={t("posters.code")}><Select value={target?.value} loading={targets.pending} showSearch={{ optionFilterProp: "label" }} options={targets.options} onChange={choose} /></Form.Item>
      <Form.Item label={t("posters.guide")} extra={t("posters.guide_hint")}><Input value={guide} maxLength={64} placeholder="userid" onChange={(event) => setGuide(event.target.value)} /></Form.Item>
      {target ? <div className="poster-thumb"><img className="w-full" src={posters.url(poster.id, { code: target.code, pool: target.pool, v: poster.version })} alt={t("posters.preview")} style={{ maxWidth: "100%", maxHeight: 420 }} /></div> : null}
      <Button className="gap-above" type="primary" icon={<DownloadOutlined />} disabled={!target} loading={load.isPending} onClick={() => load.mutate()}>{t("posters.download")}</Button>
    </Form>
  );
}

function Guides({ poster }: { poster: Poster }) {
  const { t } = useI18n();
  const { message } = App.useApp();
  const client = useQueryClient();
  const list = useChannels();
  const [chosen, choose] = useState<string>();
  const [store, setStore] = useState("");
  const channel = chosen ?? list.data?.items[0]?.id ?? "";
  const guides = useQuery({
    queryKey: posterKeys.guides(channel, ""), queryFn: () => posters.guides(channel, {}), enabled: Boolean(channel),
    refetchInterval: (query) => (query.state.data?.items.some((own) => own.code && !own.ready) ? 3_000 : false),
  });
  const everyone = guides.data?.items ?? [];
  const stores = [...new Map(everyone.filter((own) => own.store).map((own) => [own.store, own.store_name || own.store])).entries()];
  const all = everyone.filter((own) => !store || own.store === store);
  const [ready, waiting, missing] = [all.filter((own) => own.ready), all.filter((own) => own.code && !own.ready), all.filter((own) => !own.code)];
  const make = useMutation({
    mutationFn: () => posters.makeGuides(channel, missing.slice(0, 500).map((own) => own.staff)),
    onSuccess: ({ made }) => {
      void message.success(t("posters.guides_made", { n: made }));
      void client.invalidateQueries({ queryKey: ["posters", "guides"] });
    },
  });
  const zip = useMutation({ mutationFn: () => posters.zip(poster.id, { channel, store: store || null }, `${poster.name}.zip`) });
  return (
    <Form layout="vertical">
      <p className="muted">{t("posters.guides_text")}</p>
      <Form.Item label={t("posters.channel")}><Select value={channel || undefined} loading={list.isPending} showSearch={{ optionFilterProp: "label" }} options={list.data?.items.map((own) => ({ value: own.id, label: own.name }))} onChange={choose} /></Form.Item>
      <Form.Item><Select value={store} aria-label={t("posters.store_all")} options={[{ value: "", label: t("posters.store_all") }, ...stores.map(([value, label]) => ({ value, label }))]} onChange={setStore} /></Form.Item>
      {guides.isPending && channel ? <Skeleton active /> : (
        <div className="stack tight">
          <div>{t("posters.guides_ready", { ready: ready.length })}</div>
          {waiting.length ? <div className="muted">{t("posters.guides_waiting", { n: waiting.length })}</div> : null}
          {missing.length ? <div className="row between"><span className="muted">{t("posters.guides_missing", { n: missing.length })}</span><MayButton permission="channels.write" loading={make.isPending} onClick={() => make.mutate()}>{t("posters.guides_make")}</MayButton></div> : null}
          <Button type="primary" icon={<DownloadOutlined />} disabled={ready.length === 0} loading={zip.isPending} onClick={() => zip.mutate()}>{t("posters.zip", { n: ready.length })}</Button>
        </div>
      )}
    </Form>
  );
}
