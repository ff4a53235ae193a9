# Sends one mail with Ruby's Mail, which Action Mailer hands its smtp_settings to as they are.
# ruby mail.rb gitlab|discourse FILE MESSAGE-ID [SECRETS]
require 'mail'
require 'yaml'

product, file, id, secrets = ARGV
settings =
  if product == 'gitlab'
    # What GitLab's template smtp_settings.rb.erb makes of gitlab.rb and of the encrypted secrets, here in the clear.
    gitlab_rails = {}
    eval(File.read(file))
    secret = YAML.safe_load(File.read(secrets))
    %w[address port user_name password domain authentication enable_starttls_auto tls ssl openssl_verify_mode ca_file].to_h do |name|
      [name.to_sym, gitlab_rails["smtp_#{name}"] || (secret[name] if %w[user_name password].include?(name))]
    end.compact
  else
    # What GlobalSetting.smtp_settings makes of the environment.
    env = YAML.safe_load(File.read(file))['env'].to_h { |name, value| [name.delete_prefix('DISCOURSE_SMTP_').downcase.to_sym, value] }
    made = { address: env[:address], port: env[:port], user_name: env[:user_name], password: env[:password],
             enable_starttls_auto: !env[:force_tls] && env.fetch(:enable_start_tls, true), authentication: env[:authentication] }
    made[:tls] = true if env[:force_tls]
    made
  end
mail = Mail.new(from: 'app@example.com', to: 'you@example.net', subject: 'Hello', message_id: id, body: 'Hello.')
mail.delivery_method(:smtp, settings)
mail.deliver!
