// The certified provider with the people that its one argument (JSON) names; it writes a line when it listens.
import { Provider } from "oidc-provider";

const { port, client, secret, callback, people, expired } = JSON.parse(process.argv[2]);
const issuer = `http://127.0.0.1:${port}`;
const provider = new Provider(issuer, {
  clients: [{
    client_id: client, client_secret: secret, redirect_uris: [callback],
    grant_types: ["authorization_code"], response_types: ["code"],
  }],
  claims: { openid: ["sub", "roles"], profile: ["name"], email: ["email"] },
  conformIdTokenClaims: false,  // as Entra ID does: the claims come in the ID token
  cookies: { keys: [secret] },
  findAccount: (_, sub) => (sub in people ? { accountId: sub, claims: () => ({ sub, ...people[sub] }) } : undefined),
  // Nobody is asked whether this product may know their name.
  async loadExistingGrant(ctx) {
    const grant = new ctx.oidc.provider.Grant({
      clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId,
    });
    grant.addOIDCScope("openid profile email");
    await grant.save();
    return grant;
  },
  pkce: { required: () => true },
  ttl: { AccessToken: 600, Grant: 600, IdToken: 600, Interaction: 600, Session: 600 },
});
// One person's tokens come ten minutes too late.
const { issue } = provider.IdToken.prototype;
provider.IdToken.prototype.issue = function issueLate(how) {
  const late = this.ctx.oidc.account?.accountId === expired;
  return issue.call(this, late ? { ...how, expiresAt: Math.floor(Date.now() / 1000) - 600 } : how);
};
provider.listen(port, "127.0.0.1", () => console.log(issuer));
