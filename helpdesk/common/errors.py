"""Errors that are for somebody."""


class Refusal(Exception):
    """A rule of the product said no. Its text is fit for the person who asked."""

    def __init__(self, message: object) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return str(self.message)
