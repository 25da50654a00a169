"""``clew helloworld``: the sample app of the blog post, with Go's way of writing flags."""

from __future__ import annotations

import asyncio
import os

import click

from clew.demo.go_flags import Flag
from clew.demo.helloworld import run
from clew.demo.helloworld_settings import FLAGS, read_settings

EXAMPLE = "http_proxy=127.0.0.1:4140 clew helloworld -addr=:7777 -text=Hello -target=world"


class GoCommand(click.Command):
    """Shows the flags in its help as Go programs write them."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Flags (one dash or two, -x=v or -x v)"):
            formatter.write_dl([(f"-{flag.name}", _help(flag)) for flag in FLAGS])


def _help(flag: Flag) -> str:
    return f"{flag.help} (default {flag.default})" if flag.default else flag.help


@click.command(
    cls=GoCommand,
    add_help_option=False,
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
    epilog=f"Example: {EXAMPLE}",
    options_metavar="[FLAGS]",
)
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="")
@click.pass_context
def command(ctx: click.Context, words: tuple[str, ...]) -> None:
    """Say a text, and what the target says when there is one.

    The environment's POD_IP is shown behind the text, and http_proxy is asked for the target,
    whatever host it names.
    """
    if {"-h", "-help", "--help"} & set(words):
        click.echo(ctx.get_help())
        return
    asyncio.run(run(read_settings(words, os.environ)))
