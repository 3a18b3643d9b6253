"""What we know and have written down, for customers and agents alike."""

from helpdesk.knowledge.models.article import Article, ArticleText

__all__ = ["Article", "ArticleText"]
