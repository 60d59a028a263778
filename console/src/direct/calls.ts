import { post } from "../api/client";
import type * as S from "../api/openapi";

export const direct = {
  mail: (body: S.MailPreviewIn, signal?: AbortSignal) => post("/mail/preview", { body, signal }),
  sms: (body: S.SmsPreviewIn, signal?: AbortSignal) => post("/sms/preview", { body, signal }),
  tryMail: (body: S.MailTestIn) => post("/mail/test-send", { body }),
  trySms: (body: S.SmsTestIn) => post("/sms/test-send", { body }),
};
