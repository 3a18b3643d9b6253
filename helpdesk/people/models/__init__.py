"""Who: logins, agents, teams, customers, organisations, and the company itself."""

from helpdesk.people.models.account_email import AccountEmail
from helpdesk.people.models.allowance import Allowance
from helpdesk.people.models.api_token import ApiToken
from helpdesk.people.models.company import Company
from helpdesk.people.models.customer import Customer, CustomerAddress, CustomerMerge
from helpdesk.people.models.customer_note import CustomerNote
from helpdesk.people.models.organisation import Organisation
from helpdesk.people.models.team import Membership, Team
from helpdesk.people.models.user import Role, User

__all__ = [
    "AccountEmail",
    "Allowance",
    "ApiToken",
    "Company",
    "Customer",
    "CustomerAddress",
    "CustomerMerge",
    "CustomerNote",
    "Membership",
    "Organisation",
    "Role",
    "Team",
    "User",
]
