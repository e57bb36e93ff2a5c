"""Topics, and who and what one may mean while typing."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from blueprints.addresses import hold_places, url_of
from blueprints.api import schemas
from blueprints.api.calls import Reply, call
from blueprints.api.making import page_of, who
from blueprints.api.reading import Given, Query, Stretch, number_cursor
from blueprints.cards import title_of
from blueprints.doors import actor
from blueprints.language import language
from community.comments.models import COMMENTABLE
from community.errors import Invalid, NotFound, _l
from community.items.suggestions import suggestions
from community.kinds import split_ref
from community.permissions import thing_for
from community.spaces.queries import space_to_enter
from community.topics.actions import merge_topics, update_topic
from community.topics.following import follow, unfollow
from community.topics.models import Topic
from community.topics.queries import follows, topic_named, topics_for, topics_like, under


class TopicsAsked(Query):
    q: str | None = Field(None, max_length=80, description="The first letters; the most used without them.")


class TopicChanges(Given):
    name: str = Field(min_length=1, max_length=80, description="One word, as people write it.")
    names: dict[schemas.Language, str] = Field(default_factory=dict, description="The name in each language.")
    description: str = Field("", max_length=500)


class Into(Given):
    into: str = Field(min_length=1, max_length=80, description="The topic that stays.")


class MentionsAsked(Query):
    q: str | None = Field(None, max_length=80, description="Letters of a name or handle.")
    space: str | None = Field(None, max_length=60, description="Where you write.")
    audience: schemas.SpaceAudience | None = Field(None, description="Who is to read it there.")
    on: str | None = Field(None, max_length=40, description="What you comment on: `post:12`.")


def _topic(name: str) -> Topic:
    found = topic_named(actor(), name)
    if found is None:
        raise NotFound()
    return found


def _out(topic: Topic) -> schemas.Topic:
    return schemas.Topic(key=topic.key, name=topic.called(language()), url=url_of(topic), description=topic.description)


@call("GET", "/topics", "Topics that you see", query=TopicsAsked, answer=schemas.Topics)
def list_topics(asked: TopicsAsked) -> schemas.Topics:
    """Only those that something names which you may read."""
    found = topics_like(actor(), asked.q) if asked.q else [held.topic for held in topics_for(actor())]
    return schemas.Topics(items=[_out(topic) for topic in found], next=None)


@call("GET", "/topics/<name>", "A topic", answer=schemas.TopicWhole)
def read_topic(name: str) -> schemas.TopicWhole:
    """By any name that it had. What names it: `/feed?topic=`."""
    found = _topic(name)
    return schemas.TopicWhole(**_out(found).model_dump(), follows=follows(actor(), found))


@call("GET", "/topics/<name>/uses", "What names a topic", query=Stretch, answer=schemas.Uses)
def list_uses(name: str, asked: Stretch) -> schemas.Uses:
    """Posts, pages, comments and files that you see, the last that named it first."""
    page = under(actor(), _topic(name), before=number_cursor(asked), limit=asked.many)
    held = hold_places(thing for _kind, thing in page.items)
    items = [
        schemas.Use(
            object=f"{kind}:{thing.id}",
            url=page_of(thing, None),
            title=title_of(thing),
            author=who(thing.author),
            created=thing.created_at,
        )
        for kind, thing in page.items
    ]
    del held
    return schemas.Uses(items=items, next=str(page.next) if page.next is not None else None)


@call("PATCH", "/topics/<name>", "Name a topic", given=TopicChanges, answer=schemas.TopicWhole)
def change_topic(name: str, given: TopicChanges) -> schemas.TopicWhole:
    """For administrators. The old name leads to the new one."""
    update_topic(actor(), _topic(name), name=given.name, names=given.names, description=given.description)
    return read_topic(name)


@call("POST", "/topics/<name>/merge", "Make one topic of two", given=Into, answer=schemas.TopicWhole)
def merge_topic(name: str, given: Into) -> schemas.TopicWhole:
    """For administrators. All that names it stands under the other from then on."""
    into = topic_named(actor(), given.into)
    if into is None:
        raise Invalid("into", _l("Choose another topic."))
    merge_topics(actor(), _topic(name), into)
    return read_topic(given.into)


@call("PUT", "/topics/<name>/follow", "Follow a topic", answer=schemas.TopicWhole)
def follow_topic(name: str) -> schemas.TopicWhole:
    """You are told of new posts about it."""
    follow(actor(), _topic(name))
    return read_topic(name)


@call("DELETE", "/topics/<name>/follow", "Follow a topic no longer")
def unfollow_topic(name: str) -> Reply:
    """Without following it nothing changes."""
    unfollow(actor(), _topic(name))
    return Reply()


@call("GET", "/mentions", "Whom you may mention", query=MentionsAsked, answer=schemas.Mentions)
def list_mentions(asked: MentionsAsked) -> schemas.Mentions:
    """People of the space first, then others; only who may read what you write there, and groups that you may speak to."""
    space = space_to_enter(actor(), asked.space) if asked.space else None
    thing = _thing(asked.on) if asked.on else None
    found = suggestions(actor(), asked.q or "", space=space, audience=asked.audience or "", thing=thing)
    return schemas.Mentions(
        groups=[schemas.GroupNamed(name=group.name, space=group.space.name) for group in found.groups],
        people=[who(person) for person in found.people],
    )


def _thing(ref: str) -> Any:
    try:
        kind, number = split_ref(ref)
    except ValueError:
        raise NotFound() from None
    if not 0 < number < 10**18:
        raise NotFound()
    return thing_for(actor(), kind, number, among=COMMENTABLE)
