"""The message that tries a channel: it says in two languages that it is a trial and asks for nothing."""

from uuid import uuid4

from notifications.channels.parcel import Parcel

ADDRESSED = ("email", "sms")  # the kinds that need to be told to whom


def trial(name: str, address: str, *, demo: bool) -> Parcel:
    """A fresh parcel, marked as a trial, and as a demo where the store is one."""
    mark = "【演示数据 DEMO】" if demo else ""
    text = (
        f"{mark}这是兑现系统渠道“{name}”的测试消息，收到即说明渠道可用，无须处理。\n"
        f"This is a trial of Duixian's channel {name}. If you can read it, the channel works; nothing is asked of you."
    )
    html = "".join(f"<p>{line}</p>" for line in text.splitlines())
    subject = f"{mark}【测试】兑现渠道测试 · trial"
    return Parcel(key=f"trial/{name}/{uuid4()}", address=address, subject=subject, text=text, html=html)
