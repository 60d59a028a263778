import { DownloadOutlined, EditOutlined, QrcodeOutlined } from "@ant-design/icons";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Dropdown, Skeleton, Table, Tag as AntTag } from "antd";
import { Link, useNavigate, useParams } from "react-router";
import { useFormat } from "../format/useFormat";
import { has, useI18n } from "../i18n";
import { useTags } from "../people/pickers";
import { ErrorView } from "../shell/errors";
import { ListTable, usePages } from "../shell/ListTable";
import { Copyable, EmptyHint, MayButton, Need, Num, PageHead } from "../shell/parts";
import { channelKeys, codes, type Code, type Seat, type Way } from "./calls";
import { StateTag, WhoNow } from "./CodesPage";
import { Coverage } from "./RotaGrid";
import { total } from "./rota";
import "./channels.css";

export function CodePage() {
  const { id = "" } = useParams();
  return <Need permission="people.read"><Loaded id={id} /></Need>;
}

function Loaded({ id }: { id: string }) {
  const waiting = (code: Code | undefined) => code?.ways.some((way) => ["new", "making", "closing"].includes(way.state));
  const code = useQuery({ queryKey: channelKeys.code(id), queryFn: () => codes.get(id), refetchInterval: (query) => (waiting(query.state.data) ? 2_000 : 30_000) });
  if (code.isPending) return <Skeleton active />;
  if (!code.data) return <ErrorView error={code.error} retry={() => void code.refetch()} />;
  return <Shown code={code.data} />;
}

function Shown({ code }: { code: Code }) {
  const { t } = useI18n();
  const navigate = useNavigate();
  const { modal, message } = App.useApp();
  const client = useQueryClient();
  const archive = useMutation({
    mutationFn: () => codes.archive(code.id),
    onSuccess: () => {
      void message.success(t("codes.archived"));
      void client.invalidateQueries({ queryKey: channelKeys.all });
    },
  });
  const ask = () => modal.confirm({
    title: t("codes.archive_title"), content: t("codes.archive_text"), okText: t("channels.archive"), okButtonProps: { danger: true }, cancelText: t("action.cancel"),
    onOk: () => archive.mutateAsync().catch(() => undefined),
  });
  return (
    <>
      <PageHead title={code.name} hint={<><Link to="/live-codes">{t("codes.title")}</Link> · <Link to={`/channels/${code.channel}`}>{code.channel_name}</Link> <StateTag code={code} /></>}>
        {code.archived_at ? null : <MayButton permission="channels.write" danger type="text" onClick={ask}>{t("channels.archive")}</MayButton>}
        {code.archived_at ? null : <MayButton permission="channels.write" type="primary" icon={<EditOutlined />} onClick={() => void navigate(`/live-codes/${code.id}/edit`)}>{t("action.edit")}</MayButton>}
      </PageHead>
      <div className="code-page">
        <div className="stack"><Picture code={code} /><About code={code} /></div>
        <div className="stack">
          <section className="panel">
            <div className="panel-head">{t("codes.ways")}</div>
            {code.ways.map((way) => <WayShown key={way.pool} code={code} way={way} />)}
          </section>
          {Object.entries(code.pools).map(([pool, seats]) => <Pool key={pool} pool={pool} seats={seats} />)}
          <Told id={code.id} />
        </div>
      </div>
    </>
  );
}

function Picture({ code }: { code: Code }) {
  const { t } = useI18n();
  const way = code.ways.find((own) => own.pool === "general");
  const ready = Boolean(way?.qr.address) && !code.archived_at && way?.state !== "dead";
  return (
    <section className="panel pad code-qr">
      {ready ? <img src={codes.qrUrl(code.id, "general")} alt={t("codes.qr_of", { name: code.name })} /> : <EmptyHint icon={<QrcodeOutlined />} title={code.archived_at ? t("codes.gone") : t("codes.making")} />}
      {ready ? <Download id={code.id} pool="general" name={code.name} /> : null}
      <div className="muted small">{t("codes.permanent")}</div>
    </section>
  );
}

function Download({ id, pool, name }: { id: string; pool: string; name: string }) {
  const { t } = useI18n();
  const load = useMutation({ mutationFn: ({ format, size }: { format: "png" | "svg"; size: number }) => codes.qr(id, pool, format, size, `${name}.${format}`) });
  const items = [{ key: "600", label: "PNG 600 px" }, { key: "1200", label: "PNG 1200 px" }, { key: "2000", label: `PNG 2000 px · ${t("codes.for_print")}` }, { key: "svg", label: `SVG · ${t("codes.for_print")}` }];
  return (
    <Dropdown.Button loading={load.isPending} icon={<DownloadOutlined />} onClick={() => load.mutate({ format: "png", size: 1200 })} menu={{ items, onClick: ({ key }) => load.mutate(key === "svg" ? { format: "svg", size: 600 } : { format: "png", size: Number(key) }) }}>{t("codes.download")}</Dropdown.Button>
  );
}

function About({ code }: { code: Code }) {
  const { t } = useI18n();
  const format = useFormat();
  const groups = useTags().data?.groups;
  const tags = code.tags.map((id) => groups?.flatMap((group) => group.tags).find((tag) => tag.id === id));
  const backup = code.backup.map((own) => own.name || own.staff).join(t("codes.sep"));
  const lines: [string, React.ReactNode][] = [
    [t("codes.adds_today"), <Num key="a">{format.count(code.adds_today)}</Num>],
    [t("codes.adds"), <Num key="b">{format.count(code.adds)}</Num>],
    [t("codes.verify"), code.skip_verify ? t("codes.verify_no") : t("codes.verify_yes")],
    ...(code.exclusive ? [[t("codes.exclusive"), t("word.yes")] as [string, React.ReactNode]] : []),
    [t("codes.backup"), backup || "–"],
    [t("codes.tags"), tags.length ? tags.map((tag, at) => <AntTag key={code.tags[at]} color={tag?.color}>{tag?.name ?? code.tags[at]}</AntTag>) : "–"],
    [t("codes.remark"), code.remark ? <code key="r">{code.remark}</code> : t("codes.remark_none")],
    [t("codes.made"), `${code.created_by} · ${format.at(code.created_at)}`],
  ];
  return (
    <section className="panel pad stack tight">
      {lines.map(([label, value]) => <div key={label}><span className="muted small">{label}</span><div>{value}</div></div>)}
      <div><span className="muted small">{t("codes.page")}</span><div className="break"><Copyable text={`${window.location.origin}/c/${code.id}`} /></div><div className="muted small">{t("codes.page_hint")}</div></div>
    </section>
  );
}

function poolName(t: ReturnType<typeof useI18n>["t"], pool: string): string {
  if (pool.startsWith("store:")) return t("codes.pool.store", { store: pool.slice(6) });
  return has(`codes.pool.${pool}`) ? t(`codes.pool.${pool as "general"}`) : pool;
}

function WayShown({ code, way }: { code: Code; way: Way }) {
  const { t, word } = useI18n();
  const format = useFormat();
  const client = useQueryClient();
  const renew = useMutation({ mutationFn: () => codes.renew(code.id, way.pool), onSuccess: (saved) => client.setQueryData(channelKeys.code(code.id), saved) });
  const bad = way.state === "failed" || way.state === "dead";
  const trouble = ["overflow", "off_duty", "nobody"].includes(way.why);
  return (
    <div className="code-way">
      <div className="row between">
        <span className="row"><b className="plain">{poolName(t, way.pool)}</b><AntTag color={bad ? "red" : way.state === "good" ? "green" : "blue"}>{word("codes.way", way.state)}</AntTag></span>
        <span className="row">
          {way.state === "dead" ? <MayButton permission="channels.write" size="small" loading={renew.isPending} onClick={() => renew.mutate()}>{t("codes.renew")}</MayButton> : null}
          {way.qr.address && way.pool !== "general" && !code.archived_at ? <Download id={code.id} pool={way.pool} name={`${code.name}-${poolName(t, way.pool)}`} /> : null}
        </span>
      </div>
      <div><span className="muted">{t("codes.now")}</span> <WhoNow code={code} way={way} max={12} /></div>
      <div className={trouble ? "small bad" : "muted small"}>{[word("codes.why", way.why), way.told_at ? t("codes.told_at", { at: format.ago(way.told_at) }) : ""].filter(Boolean).join(" · ")}</div>
      {way.qr.error ? <Alert className="gap-above" type="warning" showIcon title={word("codes.picture", way.qr.error)} description={[t("codes.picture_text"), way.qr.due_at ? t("codes.again_at", { at: format.at(way.qr.due_at, true), n: way.qr.tries }) : ""].join(" ")} /> : null}
      {way.error ? <Alert className="gap-above" type="error" showIcon title={word("wecom.code", way.error)} description={way.state === "dead" ? t("codes.dead_text") : t("codes.again_at", { at: format.at(way.due_at, true), n: way.tries })} /> : null}
    </div>
  );
}

function Pool({ pool, seats }: { pool: string; seats: Seat[] }) {
  const { t } = useI18n();
  const format = useFormat();
  return (
    <section className="panel">
      <div className="panel-head"><span>{t("codes.pool_title", { pool: poolName(t, pool) })}</span><span className="muted small num">{t("codes.n_members", { n: seats.length })}</span></div>
      <div className="pad"><Coverage rotas={seats.filter((seat) => seat.able).map((seat) => seat.rota)} /></div>
      <Table<Seat>
        size="small" rowKey="staff" dataSource={seats} scroll={{ x: "max-content" }} pagination={{ pageSize: 10, hideOnSinglePage: true, size: "small", showSizeChanger: false }}
        columns={[
          { title: t("staff.one"), render: (_, row) => <>{row.name || row.staff}{row.able ? null : <> <AntTag color="red">{t("codes.unable")}</AntTag></>}</> },
          { title: t("staff.store"), render: (_, row) => row.store || "–" },
          { title: t("codes.weight"), align: "right", render: (_, row) => <Num>{row.weight}</Num> },
          { title: t("codes.today_cap"), align: "right", render: (_, row) => <span className={row.cap && row.adds_today >= row.cap ? "num bad" : "num"}>{format.count(row.adds_today)}{row.cap ? ` / ${format.count(row.cap)}` : ""}</span> },
          { title: t("rota.hours"), align: "right", render: (_, row) => <Num>{total(row.rota) === 168 ? t("rota.always") : t("rota.week", { n: total(row.rota) })}</Num> },
        ]}
      />
    </section>
  );
}

function Told({ id }: { id: string }) {
  const { t, word } = useI18n();
  const format = useFormat();
  const pages = usePages(channelKeys.told(id), (query) => codes.told(id, query), {}, 20);
  const users = (body: unknown) => {
    const list = (body as { user?: string[] } | null)?.user;
    return list?.length ? t("codes.told_users", { n: list.length, users: list.slice(0, 6).join(t("codes.sep")) + (list.length > 6 ? " …" : "") }) : "";
  };
  return (
    <section className="stack tight">
      <h2 className="settings-title">{t("codes.told")}</h2>
      <ListTable
        pages={pages} rowKey={(row) => row.id}
        columns={[
          { title: t("word.time"), render: (_, row) => <Num>{format.at(row.at, true)}</Num> },
          { title: t("codes.pool"), render: (_, row) => poolName(t, row.pool) },
          { title: t("codes.what"), render: (_, row) => word("codes.told", row.what) },
          { title: t("word.reason"), render: (_, row) => word("codes.why", row.why) },
          { title: t("codes.members"), render: (_, row) => <span className="break">{users(row.body)}</span> },
        ]}
        card={(row) => <><div className="row between"><b className="plain">{word("codes.told", row.what)}</b><Num muted>{format.at(row.at)}</Num></div><div className="muted small">{[poolName(t, row.pool), word("codes.why", row.why), users(row.body)].filter(Boolean).join(" · ")}</div></>}
        empty={<EmptyHint title={t("codes.told_none")} />}
      />
    </section>
  );
}
