"""What letters have to do with a conversation: the page that each side's link opens, and who may read along."""

from __future__ import annotations

from matchmaker.mail.letter import Correspondent
from matchmaker.mail.links import link
from matchmaker.queries import conversation
from matchmaker.queries.conversation import Conversation
from matchmaker.settings import Settings
from models import Side


def page(settings: Settings, talk: Conversation, side: Side) -> str:
    """The address at which one side reads and writes without signing in."""
    return link(settings, "messages.show", token=conversation.token(settings.secret_key, talk, side))


def recipient(talk: Conversation, side: Side) -> Correspondent:
    """One side as a letter's recipient."""
    if side is Side.PARTNER:
        return Correspondent(talk.introduction.partner.addressee, talk.introduction.partner.email)
    account = talk.introduction.request.teacher.account
    return Correspondent(account.name, account.email)
