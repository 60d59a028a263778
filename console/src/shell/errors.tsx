// Refusals are shown in the server's own sentence, with the request id that finds them in the log.
import { LockOutlined, ReloadOutlined } from "@ant-design/icons";
import { App, Button, Result, Typography } from "antd";
import { useEffect, useRef } from "react";
import { ApiError } from "../api/client";
import type { Permission } from "../api/types";
import { useI18n } from "../i18n";

export function useErrorText(): (error: unknown) => string {
  const { t } = useI18n();
  return (error) => {
    if (error instanceof ApiError) {
      if (error.code === "offline") return t("error.offline");
      if (error.code === "unreadable_answer") return t("error.unreadable", { status: error.status });
      return error.message;
    }
    return error instanceof Error ? error.message : String(error);
  };
}

function RequestId({ error }: { error: unknown }) {
  const { t } = useI18n();
  if (!(error instanceof ApiError) || !error.requestId) return null;
  return (
    <Typography.Text type="secondary" className="small">
      {t("error.request")} <Typography.Text code copyable className="small">{error.requestId}</Typography.Text>
    </Typography.Text>
  );
}

/** Returns a stable function that shows an error as a notice. */
export function useErrorNotice(): (error: unknown) => void {
  const { notification } = App.useApp();
  const { t } = useI18n();
  const text = useErrorText();
  const show = (error: unknown) => {
    if (error instanceof DOMException && error.name === "AbortError") return;
    if (error instanceof ApiError && error.status === 401) return;
    notification.error({
      title: error instanceof ApiError && error.status === 403 ? t("error.forbidden") : text(error),
      description: (
        <>
          {error instanceof ApiError && error.status === 403 ? <div>{error.message}</div> : null}
          <RequestId error={error} />
        </>
      ),
      placement: "topRight",
    });
  };
  const current = useRef(show);
  useEffect(() => {
    current.current = show;
  });
  const stable = useRef((error: unknown) => current.current(error));
  return stable.current;
}

export function ErrorView({ error, retry }: { error: unknown; retry?: () => void }) {
  const { t } = useI18n();
  const text = useErrorText();
  const forbidden = error instanceof ApiError && error.status === 403;
  const missing = error instanceof ApiError && error.status === 404;
  return (
    <Result
      className="error-view"
      status={forbidden ? "403" : missing ? "404" : "warning"}
      icon={forbidden ? <LockOutlined /> : undefined}
      title={forbidden ? t("error.forbidden") : missing ? t("error.missing") : t("error.failed")}
      subTitle={<><div>{text(error)}</div><RequestId error={error} /></>}
      extra={retry ? <Button icon={<ReloadOutlined />} onClick={retry}>{t("action.retry")}</Button> : null}
    />
  );
}

export function MissingPermission({ permission }: { permission: Permission }) {
  const { t, word } = useI18n();
  return (
    <Result
      className="error-view"
      icon={<LockOutlined />}
      title={t("error.forbidden")}
      subTitle={t("error.needs", { permission: word("perm", permission) })}
    />
  );
}
